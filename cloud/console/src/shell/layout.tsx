import { Link, Outlet } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useConnection } from '../live/use-point.ts'
import { ConnectionBadge, ConnectionNotice } from './connection-badge.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { ThemeSwitch } from './theme-switch.tsx'
import { UserMenu } from './user-menu.tsx'

export function Layout() {
  const { t } = useTranslation()
  const { state } = useConnection()
  return (
    <div className="shell" data-connection={state}>
      <a className="skip" href="#content">
        {t('app.skip')}
      </a>
      <header className="header">
        <Link to="/devices" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span>{t('app.name')}</span>
        </Link>
        <Navigation />
        <div className="header-end">
          <ConnectionBadge />
          <LanguageSwitch />
          <ThemeSwitch />
          <UserMenu />
        </div>
      </header>
      <ConnectionNotice />
      <main id="content" className="content" tabIndex={-1}>
        <Outlet />
      </main>
      <footer className="footer">{t('app.zone')}</footer>
    </div>
  )
}

function Navigation() {
  const { t } = useTranslation()
  const active = { className: 'active', 'aria-current': 'page' } as const
  return (
    <nav className="nav" aria-label={t('nav.label')}>
      <Link to="/devices" search={{}} activeProps={active} activeOptions={{ includeSearch: false }}>
        {t('nav.devices')}
      </Link>
      <Link to="/alarms" search={{}} activeProps={active} activeOptions={{ includeSearch: false }}>
        {t('nav.alarms')}
      </Link>
      <Link to="/gateways" activeProps={active}>
        {t('nav.gateways')}
      </Link>
    </nav>
  )
}
