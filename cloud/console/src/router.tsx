import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { isSignedOut } from './api/client.ts'
import { sessionQuery } from './api/session.ts'
import { alarmsSearch, qualitySearch } from './features/alarms/alarms-search.ts'
import { assetsSearch, unknownSearch } from './features/assets/assets-search.ts'
import { auditSearch } from './features/audit/audit-search.ts'
import { addDeviceSearch } from './features/commissioning/add-device-search.ts'
import { dangersSearch, newDangerSearch } from './features/dangers/dangers-search.ts'
import { dataSearch } from './features/data/data-search.ts'
import { devicesSearch } from './features/devices/devices-search.ts'
import { ledgerSearch } from './features/gateways/ledger-search.ts'
import { logSearch } from './features/notifications/log-search.ts'
import { pointSearch } from './features/points/point-search.ts'
import { signInSearch } from './features/sign-in/sign-in-search.ts'
import { treeSearch } from './features/tree/tree-search.ts'
import { usersSearch } from './features/users/users-search.ts'
import type { Live } from './live/live-context.tsx'
import { Layout } from './shell/layout.tsx'
import { RouteFailure, RouteMissing, RoutePending } from './shell/route-states.tsx'

type RouterContext = { readonly queries: QueryClient; readonly live: Live }

const rootRoute = createRootRouteWithContext<RouterContext>()({ notFoundComponent: RouteMissing })

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./features/sign-in/sign-in-page.tsx'), 'SignInPage'),
})

/** Everything behind the sign-in: without a session there is nothing to see and the target is kept. */
const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Layout,
  beforeLoad: async ({ context, location }) => {
    try {
      const { user } = await context.queries.ensureQueryData(sessionQuery)
      if (user.must !== undefined) throw redirect({ to: '/duty', search: { next: location.href } })
    } catch (error) {
      if (isSignedOut(error)) throw redirect({ to: '/sign-in', search: { next: location.href } })
      throw error
    }
    context.live.socket.start()
  },
})

/** What has to be done before anything else. */
const dutyRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/duty',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./features/account/duty-page.tsx'), 'DutyPage'),
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.ensureQueryData(sessionQuery)
    } catch (error) {
      if (isSignedOut(error)) throw redirect({ to: '/sign-in', search: { next: location.href } })
      throw error
    }
  },
})

const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/devices', replace: true })
  },
})

const devicesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/devices',
  validateSearch: devicesSearch,
  component: lazyRouteComponent(() => import('./features/devices/devices-page.tsx'), 'DevicesPage'),
})

const addDeviceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/devices/add',
  validateSearch: addDeviceSearch,
  component: lazyRouteComponent(
    () => import('./features/commissioning/add-device-page.tsx'),
    'AddDevicePage',
  ),
})

const deviceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/devices/$gateway/$device',
  component: lazyRouteComponent(() => import('./features/devices/device-page.tsx'), 'DevicePage'),
})

/** A point of a part has more segments: `/points/<gateway>/<device>/<part>/<point>`. */
const pointRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/points/$gateway/$device/$',
  validateSearch: pointSearch,
  component: lazyRouteComponent(() => import('./features/points/point-page.tsx'), 'PointPage'),
})

const gatewaysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/gateways',
  component: lazyRouteComponent(() => import('./features/gateways/gateways-page.tsx'), 'GatewaysPage'),
})

const gatewayRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/gateways/$gateway',
  component: lazyRouteComponent(() => import('./features/gateways/gateway-page.tsx'), 'GatewayPage'),
})

const ledgerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/gateways/$gateway/ledger',
  validateSearch: ledgerSearch,
  component: lazyRouteComponent(() => import('./features/gateways/ledger-page.tsx'), 'LedgerPage'),
})

const gatewayConfigRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/gateways/$gateway/config',
  component: lazyRouteComponent(() => import('./features/configuration/config-page.tsx'), 'ConfigPage'),
})

const rolloutsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/rollouts',
  component: lazyRouteComponent(() => import('./features/configuration/rollouts-page.tsx'), 'RolloutsPage'),
})

const rolloutRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/rollouts/$rollout',
  component: lazyRouteComponent(() => import('./features/configuration/rollout-page.tsx'), 'RolloutPage'),
})

const alarmsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/alarms',
  validateSearch: alarmsSearch,
  component: lazyRouteComponent(() => import('./features/alarms/alarms-page.tsx'), 'AlarmsPage'),
})

const alarmQualityRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/alarms/quality',
  validateSearch: qualitySearch,
  component: lazyRouteComponent(() => import('./features/alarms/quality-page.tsx'), 'QualityPage'),
})

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./features/audit/audit-page.tsx'), 'AuditPage'),
})

const dangersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/dangers',
  validateSearch: dangersSearch,
  component: lazyRouteComponent(() => import('./features/dangers/dangers-page.tsx'), 'DangersPage'),
})

const newDangerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/dangers/new',
  validateSearch: newDangerSearch,
  component: lazyRouteComponent(() => import('./features/dangers/new-danger-page.tsx'), 'NewDangerPage'),
})

const dangerRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/dangers/$id',
  component: lazyRouteComponent(() => import('./features/dangers/danger-page.tsx'), 'DangerPage'),
})

const treeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/tree',
  validateSearch: treeSearch,
  component: lazyRouteComponent(() => import('./features/tree/tree-page.tsx'), 'TreePage'),
})

const myNotificationsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/me/notifications',
  component: lazyRouteComponent(
    () => import('./features/notifications/my-notifications-page.tsx'),
    'MyNotificationsPage',
  ),
})

const channelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/notification-channels',
  component: lazyRouteComponent(() => import('./features/notifications/channels-page.tsx'), 'ChannelsPage'),
})

const deliveryLogRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/notifications/log',
  validateSearch: logSearch,
  component: lazyRouteComponent(() => import('./features/notifications/log-page.tsx'), 'LogPage'),
})

/** Not /assets: there the server has the files of the console. */
const assetsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/asset-register',
  validateSearch: assetsSearch,
  component: lazyRouteComponent(() => import('./features/assets/assets-page.tsx'), 'AssetsPage'),
})

const assetLabelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/asset-register/labels',
  validateSearch: assetsSearch,
  component: lazyRouteComponent(() => import('./features/assets/labels-page.tsx'), 'LabelsPage'),
})

const unknownRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/asset-register/unknown',
  validateSearch: unknownSearch,
  component: lazyRouteComponent(() => import('./features/assets/unknown-page.tsx'), 'UnknownPage'),
})

const assetRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/asset-register/$code',
  component: lazyRouteComponent(() => import('./features/assets/asset-page.tsx'), 'AssetPage'),
})

/** What a label leads to. Short, so that its QR code is coarse. */
const scannedRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/a/$code',
  component: lazyRouteComponent(() => import('./features/assets/scanned-page.tsx'), 'ScannedPage'),
})

const dataRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/data-catalogue',
  validateSearch: dataSearch,
  component: lazyRouteComponent(() => import('./features/data/data-page.tsx'), 'DataPage'),
})

const usersRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/users',
  validateSearch: usersSearch,
  component: lazyRouteComponent(() => import('./features/users/users-page.tsx'), 'UsersPage'),
})

const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/account',
  component: lazyRouteComponent(() => import('./features/account/account-page.tsx'), 'AccountPage'),
})

const routeTree = rootRoute.addChildren([
  signInRoute,
  dutyRoute,
  shellRoute.addChildren([
    homeRoute,
    devicesRoute,
    addDeviceRoute,
    deviceRoute,
    pointRoute,
    gatewaysRoute,
    gatewayRoute,
    ledgerRoute,
    gatewayConfigRoute,
    rolloutsRoute,
    rolloutRoute,
    alarmsRoute,
    alarmQualityRoute,
    auditRoute,
    dangersRoute,
    newDangerRoute,
    dangerRoute,
    treeRoute,
    myNotificationsRoute,
    channelsRoute,
    deliveryLogRoute,
    assetsRoute,
    assetLabelsRoute,
    unknownRoute,
    assetRoute,
    scannedRoute,
    dataRoute,
    usersRoute,
    accountRoute,
  ]),
])

export function createConsoleRouter(context: RouterContext) {
  return createRouter({
    routeTree,
    context,
    defaultPendingComponent: RoutePending,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: RouteMissing,
    defaultPendingMs: 300,
    // What a page's own check of the address leaves out is not there.
    search: { strict: true },
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
