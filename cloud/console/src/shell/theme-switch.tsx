import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useTheme } from '../ui/theme.tsx'

export function ThemeSwitch() {
  const { t } = useTranslation()
  const { name, choose } = useTheme()
  const isDark = name === 'dark'
  const label = isDark ? t('menu.toLight') : t('menu.toDark')
  return (
    <Button
      type="text"
      aria-label={label}
      title={label}
      onClick={() => choose(isDark ? 'light' : 'dark')}
      icon={
        <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
          <circle cx="10" cy="10" r="7.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
          <path d="M10 2.5a7.5 7.5 0 0 1 0 15z" fill="currentColor" />
        </svg>
      }
    />
  )
}
