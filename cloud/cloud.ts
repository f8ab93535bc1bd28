import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { Places } from '#cloud/access/places.ts'
import { alarmSettings } from '#cloud/alarms/alarm-config.ts'
import { AlarmService } from '#cloud/alarms/alarm-service.ts'
import { GatewayAlarms } from '#cloud/alarms/gateway-alarms.ts'
import { pruneAlarms } from '#cloud/alarms/prune-alarms.ts'
import { AssetRegister } from '#cloud/assets/asset-register.ts'
import { keepLooking } from '#cloud/assets/keep-looking.ts'
import { UnknownDevices } from '#cloud/assets/unknown-devices.ts'
import { AuditLog } from '#cloud/audit/audit-log.ts'
import { keepAudit } from '#cloud/audit/keep-audit.ts'
import { CalendarService } from '#cloud/calendars/calendar-service.ts'
import { countCommandSteps } from '#cloud/commands/command-metrics.ts'
import { CommandRepository } from '#cloud/commands/command-repository.ts'
import { CommandService } from '#cloud/commands/command-service.ts'
import { GatewayRequests } from '#cloud/commissioning/gateway-requests.ts'
import { ConfigService } from '#cloud/configuration/config-service.ts'
import { RolloutService } from '#cloud/configuration/rollout-service.ts'
import { DangerService } from '#cloud/dangers/danger-service.ts'
import { Admission } from '#cloud/enrolment/admission.ts'
import { keepOut } from '#cloud/enrolment/keep-out.ts'
import { GatewayRepository } from '#cloud/gateways/gateway-repository.ts'
import { keepLedgerChecked } from '#cloud/gateways/ledger-check.ts'
import { pruneLedgerDays } from '#cloud/gateways/ledger-day.ts'
import { LiveHub } from '#cloud/http/live-hub.ts'
import { consoleBuild } from '#cloud/http/static.ts'
import { type RunningIngest, startIngest } from '#cloud/ingest/start-ingest.ts'
import { openVapidKeys } from '#cloud/notifications/channels/vapid.ts'
import { JobQueue } from '#cloud/notifications/job-queue.ts'
import { noticeOfDanger } from '#cloud/notifications/notice-of-danger.ts'
import { startNotifications } from '#cloud/notifications/start-notifications.ts'
import { OrganisationService } from '#cloud/organisation/organisation-service.ts'
import { type Database, openDatabase, stateFile } from '#cloud/state/database.ts'
import { openGatewayAuthority } from '#cloud/tls/gateway-authority.ts'
import { openTls } from '#cloud/tls/open-tls.ts'
import { type DemoAccount, ensureDemoAccounts } from '#cloud/users/accounts.ts'
import { UserRepository } from '#cloud/users/user-repository.ts'
import { siteDayOf } from '#contract/site-day.ts'
import type { Clock } from '#lib/clock.ts'
import { hostPort } from '#lib/host-port.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { AlarmNotices } from './alarm-notices.ts'
import { checkConfig } from './check-config.ts'
import { createEnrolment } from './create-enrolment.ts'
import { gatewayUrl } from './gateway-address.ts'
import { createGatewayFeed } from './gateway-feed.ts'
import { gatewayLogin } from './gateway-login.ts'
import type { CloudSettings } from './load-cloud-config.ts'
import { openTelemetryStore } from './open-telemetry.ts'
import { keepRetention } from './retention.ts'
import { type RunningHttp, startHttp } from './start-http.ts'

export type CloudDeps = {
  readonly clock: Clock
  readonly log: Logger
  /** One password for all demo accounts. */
  readonly demoPassword?: string
  /** The built console; `cloud/console/dist` when absent. */
  readonly consoleFolder?: string
}

export interface RunningCloud extends AsyncDisposable {
  /** Where the console and the API are: `http://127.0.0.1:8080`. */
  readonly origin: string
  /** Where gateways connect. */
  readonly mqtt: { readonly host: string; readonly port: number }
  /** What gateways have to trust, where the program made it itself. */
  readonly caFile: string | undefined
  readonly demoAccounts: readonly DemoAccount[]
}

/** Until a gateway has read its profiles and heard who answers. */
const lookingMs = 60_000
const builtConsole = fileURLToPath(new URL('./console/dist', import.meta.url))

/** Builds, connects and starts every part; disposing stops them in reverse. A failure halfway stops what was up. */
export async function startCloud(settings: CloudSettings, deps: CloudDeps): Promise<RunningCloud> {
  const { config } = settings
  const { clock, log } = deps
  const part = (name: string) => log.child({ part: name })
  await using parts = new AsyncDisposableStack()
  await mkdir(config.data, { recursive: true, mode: 0o700 })

  const db = parts.use(await openDatabase({ path: join(config.data, stateFile), log: part('state') }))
  const telemetry = parts.use(
    await openTelemetryStore({
      config: config.telemetry,
      folder: config.data,
      login: settings.telemetryLogin,
      log: part('telemetry'),
    }),
  )
  const tls = await openTls({
    config: config.tls,
    folder: join(config.data, 'tls'),
    now: clock.now(),
    log: part('tls'),
  })
  const authority = await openGatewayAuthority({
    folder: join(config.data, 'tls'),
    now: clock.now(),
    log: part('tls'),
  })
  await provision(settings, db, clock.now())
  const audit = new AuditLog({ db, clock, hash: config.audit.hash })
  const places = await Places.load(db)
  const register = new AssetRegister(db, clock)
  let calendars: CalendarService | undefined
  const organisation = new OrganisationService({
    db,
    log: part('organisation'),
    onChange: async () => {
      await places.reload()
      await register.follow()
      await calendars?.placesChanged()
    },
  })
  await organisation.seed(config)
  const demoAccounts = await openAccounts(settings, deps, { db, audit })

  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const consoleFolder = deps.consoleFolder ?? builtConsole
  const hub = parts.use(LiveHub.start({ clock, build: await consoleBuild(consoleFolder) }))
  let ingest: RunningIngest | undefined
  const commandSteps = countCommandSteps(metrics)
  const commands = parts.use(
    new CommandService({
      db,
      clock,
      log: part('commands'),
      send: async (gateway, command) => (await ingest?.sendCommand(gateway, command)) ?? false,
      onChange: (command) => {
        commandSteps.inc({ state: command.state })
        hub.publishCommand(command)
      },
    }),
  )
  const configs = parts.use(
    new ConfigService({
      ...{ db, clock, log: part('configuration'), check: checkConfig },
      send: async (gateway, message) => (await ingest?.sendConfig(gateway, message)) ?? false,
    }),
  )
  const rollouts = parts.use(new RolloutService({ db, configs, clock, log: part('roll-outs') }))
  const unknown = new UnknownDevices({ db, clock, log: part('assets') })
  calendars = parts.use(
    new CalendarService({
      ...{ db, clock, log: part('calendars') },
      send: async (gateway, message) => (await ingest?.sendCalendar(gateway, message)) ?? false,
    }),
  )
  const requests = new GatewayRequests({
    clock,
    onAnswer: (gateway, question, body) => unknown.heard(gateway, question, body),
    send: async (gateway, request) => (await ingest?.sendRequest(gateway, request)) ?? false,
    clockOffsetMs: async (gateway) => (await new GatewayRepository(db).byId(gateway))?.clock_offset_ms ?? 0,
  })
  const notifications = parts.use(
    startNotifications({
      db,
      config: config.notifications,
      smtp: settings.smtp,
      pushKeys: await openVapidKeys(join(config.data, 'web-push-keys.json')),
      clock,
      log: part('notifications'),
      registry: metrics,
    }),
  )
  const alarmNotices = new AlarmNotices({
    db,
    places,
    notifications: notifications.service,
    lateAfterMs: parseDuration(config.notifications.lateAfter),
    clock,
    log: part('notifications'),
  })
  await alarmNotices.catchUp()
  const alarms = parts.use(
    new AlarmService({
      db,
      clock,
      log: part('alarms'),
      settings: alarmSettings(config.alarms),
      places,
      latest: async (points) =>
        new Map((await telemetry.latest(points)).map(({ point, value }) => [point, value])),
      hooks: {
        onChange: (alarm) => hub.publishAlarm(alarm),
        // What nobody is called for is written down as a notice, too.
        onRaised: (alarm) => {
          if (alarm.quiet === 'late') alarmNotices.heard(alarm)
        },
        onAnnunciated: (alarm) => alarmNotices.heard(alarm),
        onEscalated: (alarm, step) => alarmNotices.escalated(alarm, step),
      },
    }),
  )
  await alarms.start()
  const gatewayAlarms = parts.use(
    await GatewayAlarms.start({
      db,
      store: (gateway, event) =>
        db.transaction().execute((trx) => alarms.store(trx, [{ gateway, event }], clock.now())),
      onChange: () => alarms.wake(),
      clockLimitMs: parseDuration(config.alarms.clockOffset),
      clock,
      log: part('alarms'),
    }),
  )
  const enrolment = createEnrolment({
    ...{
      config: config.enrolment,
      db,
      clock,
      log: part('enrolment'),
      authority,
      ca: tls.ca,
      audit,
      gatewayAlarms,
    },
    cut: (gateway, reason) => {
      ingest?.cut(gateway, reason)
      register
        .follow(gateway)
        .catch((err: unknown) => log.error({ err, gateway }, 'register of assets not up to date'))
    },
    onAdded: async (gateway) => {
      await places.reload()
      await register.follow(gateway.id)
      hub.publishGateway(gateway)
    },
  })
  const admission = new Admission({ db, clock })
  let http: RunningHttp | undefined
  ingest = parts.use(
    await startIngest({
      config: config.mqtt,
      tls: { ...tls, clientCa: authority.cert },
      telemetry,
      db,
      clock,
      log: part('ingest'),
      registry: metrics,
      hooks: createGatewayFeed({
        ...{
          db,
          hub,
          commands,
          requests,
          configs,
          rollouts,
          calendars,
          alarms,
          gatewayAlarms,
          register,
          clock,
        },
        log: part('feed'),
      }),
      authenticate: gatewayLogin({ db, admission, log: part('enrolment') }),
      onHttp: (socket) => (http === undefined ? socket.destroy() : http.admit(socket)),
      storeAlarms: (trx, told, now) => alarms.store(trx, told, now),
    }),
  )
  commands.start()
  calendars.start()
  const dangers = parts.use(
    new DangerService({
      db,
      clock,
      log: part('dangers'),
      districtAfterDays: config.dangers.districtAfterDays,
      audit: (action) => audit.bySystem(action),
      onOverdue: (danger, level) => {
        log.warn({ danger: danger.id, due: danger.due, level }, 'hidden danger is late')
        // Never rejects.
        void notifications.service.notify(noticeOfDanger(danger, level, clock.now()))
      },
    }),
  )
  dangers.start()
  const running = ingest
  parts.use(
    keepOut({
      connected: () => running.connected(),
      notGood: (connected) => admission.notGood(connected),
      cut: (gateway, reason) => running.cut(gateway, reason),
      clock,
      log: part('enrolment'),
    }),
  )
  const address = { given: config.enrolment.address, hostNames: config.tls.hostNames, mqtt: ingest.address }
  configs.start()
  rollouts.start()
  // Last, so that whoever gets an answer finds everything there.
  const served = await startHttp({
    config,
    clock,
    log: part('http'),
    db,
    audit,
    telemetry,
    hub,
    commands,
    requests,
    configs,
    rollouts,
    calendars,
    organisation,
    notifications,
    unknown,
    alarms,
    places,
    dangers,
    enrolment,
    gatewayUrl: (askedAs) => gatewayUrl(address, askedAs),
    providerSecrets: settings.providerSecrets,
    metrics,
    consoleFolder,
  })
  http = served
  parts.defer(async () => {
    await hub[Symbol.asyncDispose]() // says goodbye before the connections are cut
    await served.close()
  })
  parts.use(
    keepRetention({
      rules: [
        {
          kind: 'telemetry',
          keepMs: parseDuration(config.retention.telemetry),
          prune: (before) => telemetry.prune(before),
        },
        {
          kind: 'notifications',
          keepMs: parseDuration(config.retention.notifications),
          prune: (before) => new JobQueue(db).prune(before),
        },
        {
          kind: 'commands',
          keepMs: parseDuration(config.retention.commands),
          prune: (before) => new CommandRepository(db).prune(before),
        },
        {
          kind: 'alarms',
          keepMs: parseDuration(config.retention.alarms),
          prune: (before) => pruneAlarms(db, before),
        },
        {
          kind: 'ledger',
          keepMs: parseDuration(config.retention.ledger),
          prune: (before) => pruneLedgerDays(db, siteDayOf(before)),
        },
      ],
      clock,
      log: part('retention'),
    }),
  )
  parts.use(
    keepLooking({
      ...{ db, clock, log: part('assets') },
      look: (gateway) => requests.ask(gateway, { kind: 'proposals' }, { timeoutMs: lookingMs }),
    }),
  )
  parts.use(keepLedgerChecked({ db, clock, log: part('ledger'), registry: metrics }))
  parts.use(keepAudit({ audit, clock, log: part('audit'), keepMs: parseDuration(config.retention.audit) }))

  const mqtt = ingest.address
  log.info({ http: served.origin, mqtt: `mqtts://${hostPort(mqtt.host, mqtt.port)}` }, 'cloud ready')
  const stack = parts.move()
  return {
    origin: served.origin,
    mqtt,
    caFile: tls.caFile,
    demoAccounts,
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}

/** Gateways of the configuration may connect; those taken out of it may not any more, and keep their history. */
async function provision({ config, tokenHashes }: CloudSettings, db: Database, now: number): Promise<void> {
  const gateways = config.gateways.map(({ id, title }) => ({
    id,
    title,
    tokenHash: tokenHashes.get(id) ?? '',
  }))
  await new GatewayRepository(db).provision(gateways, now)
}

async function openAccounts(
  { config }: CloudSettings,
  { clock, log, demoPassword }: CloudDeps,
  { db, audit }: { readonly db: Database; readonly audit: AuditLog },
): Promise<readonly DemoAccount[]> {
  if (config.demoAccounts) {
    const password = demoPassword === undefined ? {} : { password: demoPassword }
    const file = join(config.data, 'demo-accounts.json')
    return ensureDemoAccounts({ db, clock, file, audit: (action) => audit.bySystem(action), ...password })
  }
  if (await new UserRepository(db).isEmpty()) {
    log.warn('there is no account yet: run cloud/main.ts with --create-admin NAME')
  }
  return []
}
