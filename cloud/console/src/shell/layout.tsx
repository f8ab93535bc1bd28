import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isUnacknowledged } from '#contract/alarm-life.ts'
import { alarmsQuery } from '../api/queries.ts'
import { useConnection, useTopics } from '../live/use-point.ts'
import { ConnectionBadge, ConnectionNotice } from './connection-badge.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { ThemeSwitch } from './theme-switch.tsx'
import { UserMenu } from './user-menu.tsx'

/** What every page may show. */
const sharedTopics = ['alarms', 'gateways', 'devices']

export function Layout() {
  const { t } = useTranslation()
  const { state } = useConnection()
  useTopics(sharedTopics)
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

/** A point belongs to its device, so its page belongs to the devices. */
const sections = {
  devices: /^\/(devices|points)(\/|$)/,
  alarms: /^\/alarms(\/|$)/,
  gateways: /^\/(gateways|rollouts)(\/|$)/,
  tree: /^\/tree(\/|$)/,
  dangers: /^\/dangers(\/|$)/,
} as const

function Navigation() {
  const { t } = useTranslation()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const here = (section: keyof typeof sections) =>
    sections[section].test(path) ? ({ className: 'active', 'aria-current': 'page' } as const) : {}
  return (
    <nav className="nav" aria-label={t('nav.label')}>
      <Link to="/devices" search={{}} {...here('devices')}>
        {t('nav.devices')}
      </Link>
      <Link to="/alarms" search={{}} {...here('alarms')}>
        {t('nav.alarms')}
        <OpenAlarms />
      </Link>
      <Link to="/gateways" {...here('gateways')}>
        {t('nav.gateways')}
      </Link>
      <Link to="/tree" search={{}} {...here('tree')}>
        {t('nav.tree')}
      </Link>
      <Link to="/dangers" search={{}} {...here('dangers')}>
        {t('nav.dangers')}
      </Link>
    </nav>
  )
}

/** How many alarms nobody has acknowledged, on every page. What is put aside does not count. */
function OpenAlarms() {
  const { t } = useTranslation()
  const list = useQuery(alarmsQuery('standing')).data
  const waiting = list?.items.filter(({ life, overlay }) => overlay === undefined && isUnacknowledged(life))
  const count = waiting?.length ?? 0
  if (count === 0) return null
  const shown = list?.nextCursor === undefined ? `${count}` : `${count}+`
  return (
    <>
      <span className="count" aria-hidden="true">
        {shown}
      </span>
      <span className="sr">{t('alarms.openCount', { shown })}</span>
    </>
  )
}
