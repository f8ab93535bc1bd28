import { readFile } from 'node:fs/promises'
import type { TLSSocket } from 'node:tls'
import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import type { PlaceIndex } from '#cloud/access/access.ts'
import { alarmActRoutes } from '#cloud/alarms/alarm-act-routes.ts'
import { alarmRoutes } from '#cloud/alarms/alarm-routes.ts'
import type { AlarmService } from '#cloud/alarms/alarm-service.ts'
import { AlarmPeopleList } from '#cloud/alarms/people.ts'
import { qualityRoutes } from '#cloud/alarms/quality-routes.ts'
import { assetRoutes } from '#cloud/assets/asset-routes.ts'
import { dataRoutes } from '#cloud/assets/data-routes.ts'
import type { UnknownDevices } from '#cloud/assets/unknown-devices.ts'
import { unknownRoutes } from '#cloud/assets/unknown-routes.ts'
import type { AuditLog } from '#cloud/audit/audit-log.ts'
import { auditRequests } from '#cloud/audit/audit-requests.ts'
import { auditRoutes } from '#cloud/audit/audit-routes.ts'
import { calendarRoutes } from '#cloud/calendars/calendar-routes.ts'
import type { CalendarService } from '#cloud/calendars/calendar-service.ts'
import { commandRoutes } from '#cloud/commands/command-routes.ts'
import type { CommandService } from '#cloud/commands/command-service.ts'
import { commissioningRoutes } from '#cloud/commissioning/commissioning-routes.ts'
import type { GatewayRequests } from '#cloud/commissioning/gateway-requests.ts'
import { configRoutes } from '#cloud/configuration/config-routes.ts'
import type { ConfigService } from '#cloud/configuration/config-service.ts'
import { rolloutRoutes } from '#cloud/configuration/rollout-routes.ts'
import type { RolloutService } from '#cloud/configuration/rollout-service.ts'
import { dangerRoutes } from '#cloud/dangers/danger-routes.ts'
import type { DangerService } from '#cloud/dangers/danger-service.ts'
import { DeviceRepository } from '#cloud/devices/device-repository.ts'
import { deviceRoutes } from '#cloud/devices/device-routes.ts'
import { deviceFacts } from '#cloud/devices/device-view.ts'
import type { EnrolmentService } from '#cloud/enrolment/enrolment-service.ts'
import { GatewayRepository } from '#cloud/gateways/gateway-repository.ts'
import { gatewayRoutes } from '#cloud/gateways/gateway-routes.ts'
import type { App } from '#cloud/http/app.ts'
import { withAccess } from '#cloud/http/guard.ts'
import { healthRoutes, type ReadyCheck } from '#cloud/http/health-routes.ts'
import type { LiveHub } from '#cloud/http/live-hub.ts'
import { liveRoutes } from '#cloud/http/live-routes.ts'
import { measureRequests } from '#cloud/http/request-metrics.ts'
import { createServer } from '#cloud/http/server.ts'
import { SideDoor } from '#cloud/http/side-door.ts'
import { organisationRoutes } from '#cloud/organisation/organisation-routes.ts'
import type { OrganisationService } from '#cloud/organisation/organisation-service.ts'
import type { Database } from '#cloud/state/database.ts'
import { telemetryRoutes } from '#cloud/telemetry/telemetry-routes.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { openUsers } from '#cloud/users/user-part.ts'
import type { Clock } from '#lib/clock.ts'
import { hostPort } from '#lib/host-port.ts'
import type { Logger } from '#lib/logger.ts'
import type { CloudConfig } from './config.ts'
import { gatewayEnrolmentRoutes, sideDoorPaths } from './gateway-enrolment-routes.ts'

export type HttpParts = {
  readonly config: CloudConfig
  readonly clock: Clock
  readonly log: Logger
  readonly db: Database
  readonly audit: AuditLog
  readonly telemetry: TelemetryStore
  readonly hub: LiveHub
  readonly commands: CommandService
  readonly requests: GatewayRequests
  readonly configs: ConfigService
  readonly rollouts: RolloutService
  readonly calendars: CalendarService
  readonly organisation: OrganisationService
  readonly notifications: { readonly routes: (api: App) => void }
  readonly unknown: UnknownDevices
  readonly alarms: AlarmService
  readonly places: PlaceIndex
  readonly dangers: DangerService
  readonly enrolment: EnrolmentService
  /** Where gateways reach the cloud, for somebody who reaches it under this name. */
  readonly gatewayUrl: (askedAs: string) => string
  readonly providerSecrets: ReadonlyMap<string, string>
  readonly metrics: Registry
  readonly consoleFolder: string
}

export type RunningHttp = {
  /** `http://127.0.0.1:8080` */
  readonly origin: string
  /** Takes a connection that came in by the port of the gateways. */
  admit(socket: TLSSocket): void
  close(): Promise<void>
}

/** The HTTP side of the cloud, listening. */
export async function startHttp(parts: HttpParts): Promise<RunningHttp> {
  const sideDoor = new SideDoor(sideDoorPaths)
  const app = await createHttp(parts, sideDoor)
  const { host, port, tls } = parts.config.http
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    throw error
  }
  const address = app.server.address()
  const listening = typeof address === 'object' && address !== null ? address.port : port
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://${hostPort(host, listening)}`,
    admit: (socket) => sideDoor.admit(app, socket),
    close: () => app.close(),
  }
}

/** The same without a port, for `inject`. */
export async function createHttp(parts: HttpParts, sideDoor = new SideDoor([])): Promise<App> {
  const { config, clock, log, db, audit, telemetry, hub, commands, requests, organisation, metrics } = parts
  const { consoleFolder, places, dangers, notifications, enrolment, gatewayUrl, configs, rollouts } = parts
  const { alarms, calendars } = parts
  const isGateway = async (id: string) => (await gateways.byId(id)) !== undefined
  const { origins, trustProxy, tls } = config.http
  const users = await openUsers({ db, clock, log, ...usersOf(parts) })
  const findCaller = withAccess(users.find, places)
  const devices = new DeviceRepository(db)
  const gateways = new GatewayRepository(db)
  countClients(metrics, hub)
  return createServer({
    log,
    findCaller,
    origins,
    trustProxy,
    consoleFolder,
    sideDoor,
    ...(tls === undefined ? {} : { tls: await readPair(tls) }),
    open: (app) => {
      measureRequests(app, metrics)
      healthRoutes(app, { checks: readyChecks(db, telemetry), metrics })
      users.door(app)
    },
    api: (api) => {
      auditRequests(api, { log: audit, clock })
      users.routes(api)
      organisationRoutes(api, organisation)
      gatewayRoutes(api, db)
      deviceRoutes(api, { devices, telemetry })
      telemetryRoutes(api, { store: telemetry, clock, unitsOf: (points) => devices.unitsOf(points) })
      const people = new AlarmPeopleList(db, places)
      alarmRoutes(api, { alarms, people, liveSeq: () => hub.seq })
      alarmActRoutes(api, { alarms, people })
      qualityRoutes(api, { db, clock })
      commandRoutes(api, commands)
      commissioningRoutes(api, {
        requests,
        clock,
        log,
        isGateway,
        device: async (gateway, id) => {
          const row = await devices.byKey({ gateway, id })
          return row === undefined || row.removed_at !== null ? undefined : deviceFacts(row)
        },
      })
      dangerRoutes(api, {
        ...{ dangers, db, clock },
        placeNames: (language) => organisation.placeNames(language),
      })
      notifications.routes(api)
      gatewayEnrolmentRoutes(api, { enrolment, gatewayUrl, sideDoor, clock })
      configRoutes(api, { configs, isGateway })
      rolloutRoutes(api, { rollouts, isGateway })
      assetRoutes(api, { db, clock })
      unknownRoutes(api, parts.unknown)
      dataRoutes(api, { db, clock, keeping: config.retention })
      calendarRoutes(api, calendars)
      auditRoutes(api, { log: audit, clock })
      liveRoutes(api, { hub, clock, log, findCaller })
    },
  })
}

function usersOf({ config, providerSecrets }: HttpParts) {
  const { data, passwords, sessions, signIn } = config
  return { folder: data, passwords, sessions, signIn, providerSecrets }
}

function readyChecks(db: Database, telemetry: TelemetryStore): ReadyCheck[] {
  return [
    {
      part: 'state store',
      check: async () => {
        await sql`SELECT 1`.execute(db)
        return undefined
      },
    },
    {
      part: 'telemetry store',
      check: async () => {
        await telemetry.latest(['no/such/point'])
        return undefined
      },
    },
  ]
}

async function readPair({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }) {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { cert, key }
}

function countClients(metrics: Registry, hub: LiveHub): void {
  new Gauge({
    name: 'campus_live_clients',
    help: 'Open live streams',
    registers: [metrics],
    collect() {
      this.set(hub.clients)
    },
  })
}
