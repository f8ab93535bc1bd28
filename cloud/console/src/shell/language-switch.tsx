import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { changeLanguage } from '../i18n/i18n.ts'
import { englishName } from '../i18n/local-text.ts'
import { useLanguage } from '../i18n/use-language.ts'
import { chineseName } from '../i18n/zh-cn.ts'

const names = { 'zh-CN': chineseName, en: englishName } as const

export function LanguageSwitch() {
  const { t } = useTranslation()
  const other = useLanguage() === 'en' ? 'zh-CN' : 'en'
  return (
    <Button
      type="text"
      lang={other}
      title={t('menu.language')}
      onClick={() => void changeLanguage(other)} // the words are in the bundle: nothing can fail
    >
      {names[other]}
    </Button>
  )
}
