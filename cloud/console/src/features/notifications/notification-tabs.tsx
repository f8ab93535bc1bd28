import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/use-may.ts'

/** The three pages about being told. */
export function NotificationTabs() {
  const { t } = useTranslation()
  const mayManage = useMay('notifications.manage')
  return (
    <nav className="tabs" aria-label={t('notifications.pages')}>
      <Link to="/me/notifications">{t('notifications.mine')}</Link>
      {mayManage && <Link to="/notification-channels">{t('notifications.channels')}</Link>}
      <Link to="/notifications/log" search={{}} activeOptions={{ includeSearch: false }}>
        {t('notifications.log')}
      </Link>
    </nav>
  )
}
