import type { AlarmService } from '#cloud/alarms/alarm-service.ts'
import type { GatewayAlarms } from '#cloud/alarms/gateway-alarms.ts'
import type { AssetRegister } from '#cloud/assets/asset-register.ts'
import type { CalendarService } from '#cloud/calendars/calendar-service.ts'
import type { CommandService } from '#cloud/commands/command-service.ts'
import type { GatewayRequests } from '#cloud/commissioning/gateway-requests.ts'
import type { ConfigService } from '#cloud/configuration/config-service.ts'
import type { RolloutService } from '#cloud/configuration/rollout-service.ts'
import { DeviceRepository } from '#cloud/devices/device-repository.ts'
import { linkView } from '#cloud/devices/device-view.ts'
import { bookForgotten } from '#cloud/gateways/forgotten.ts'
import { GatewayRepository } from '#cloud/gateways/gateway-repository.ts'
import { gatewayView } from '#cloud/gateways/gateway-view.ts'
import type { LiveHub } from '#cloud/http/live-hub.ts'
import type { IngestHooks } from '#cloud/ingest/ingest.ts'
import type { Database } from '#cloud/state/database.ts'
import type { PointUpdate } from '#contract/api/live.ts'
import type { Catalogue } from '#contract/catalogue.ts'
import type { GatewayEvent } from '#contract/events.ts'
import type { StateMessage } from '#contract/gateway-state.ts'
import { qualityOf, qualityReason } from '#contract/quality.ts'
import { type SampleColumns, valueAt } from '#contract/sample.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'

export type FeedOptions = {
  readonly db: Database
  readonly hub: LiveHub
  readonly commands: Pick<CommandService, 'gatewayReady' | 'heard'>
  readonly requests: Pick<GatewayRequests, 'reply' | 'disconnected'>
  readonly configs: Pick<ConfigService, 'heard'>
  readonly rollouts: Pick<RolloutService, 'heard'>
  readonly register: Pick<AssetRegister, 'followIn'>
  /** Tells by itself what changed. */
  readonly alarms: Pick<AlarmService, 'wake'>
  readonly calendars: Pick<CalendarService, 'heard'>
  readonly gatewayAlarms: Pick<GatewayAlarms, 'twin' | 'clock'>
  readonly clock: Clock
  readonly log: Logger
}

/** What happens to what ingest takes in: gateways' own words into the inventory, everything on to the live stream. */
export function createGatewayFeed(options: FeedOptions): IngestHooks {
  const {
    db,
    hub,
    commands,
    requests,
    alarms,
    gatewayAlarms,
    calendars,
    configs,
    rollouts,
    register,
    clock,
    log,
  } = options
  const gateways = new GatewayRepository(db)
  const devices = new DeviceRepository(db)

  async function publishGateway(id: string): Promise<void> {
    const row = await gateways.byId(id)
    if (row !== undefined) hub.publishGateway(gatewayView(row))
  }

  async function publishEvent(gateway: string, event: GatewayEvent): Promise<void> {
    if (event.kind === 'alarm') alarms.wake()
    if (event.kind === 'link') {
      const row = await devices.byKey({ gateway, id: event.device })
      if (row !== undefined) hub.publishDevice({ device: `${gateway}/${event.device}`, link: linkView(row) })
    }
  }

  return {
    onSamples: (gateway, samples) => hub.publishPoints(newestUpdates(gateway, samples)),
    onEvent: (gateway, event) => {
      if (event.kind === 'command-result') commands.heard(gateway, event)
      publishEvent(gateway, event).catch((err: unknown) =>
        log.error({ err, gateway }, 'event not shown live'),
      )
    },
    onReply: (gateway, reply) => requests.reply(gateway, reply),
    onTwin: (gateway, addresses) => gatewayAlarms.twin(gateway, addresses),
    onState: async (gateway, message) => {
      const now = clock.now()
      await keepState({ db, gateway, message, now, register, log })
      if (message.kind === 'birth' || message.kind === 'status')
        gatewayAlarms.clock(gateway, message.at - now)
      // Its first word: it has subscribed by now.
      if (message.kind === 'birth') commands.gatewayReady(gateway)
      if (message.kind === 'config') {
        await configs.heard(gateway, message)
        await rollouts.heard(gateway, message)
      }
      if (message.kind === 'calendar') await calendars.heard(gateway, message)
      await publishGateway(gateway)
    },
    onConnection: async (gateway, connected) => {
      if (connected) await gateways.connected(gateway, clock.now())
      else {
        requests.disconnected(gateway)
        await gateways.disconnected(gateway)
      }
      await publishGateway(gateway)
    },
  }
}

type Said = {
  readonly db: Database
  readonly gateway: string
  readonly message: StateMessage
  readonly now: number
  readonly register: FeedOptions['register']
  readonly log: Logger
}

async function keepState({ db, gateway, message, now, register, log }: Said): Promise<void> {
  const gateways = new GatewayRepository(db)
  switch (message.kind) {
    case 'birth': {
      const isNewRun = (await gateways.byId(gateway))?.epoch_started_at !== message.startedAt
      const ranges = isNewRun ? await bookForgotten(db, gateway, message, now) : 0
      if (ranges > 0) log.warn({ gateway, ranges }, 'gateway does not have any more what it owed')
      return db.transaction().execute(async (transaction) => {
        await new GatewayRepository(transaction).birth(gateway, message, now)
        await register.followIn(transaction, gateway)
      })
    }
    case 'status':
      return gateways.status(gateway, message, now)
    case 'death':
      return gateways.disconnected(gateway)
    case 'config':
    case 'calendar':
      return // has a table of its own
    case 'catalogue':
      return keepCatalogue({ db, gateway, now, register }, message)
  }
}

async function keepCatalogue(
  { db, gateway, now, register }: Omit<Said, 'message' | 'log'>,
  catalogue: Catalogue,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const gateways = new GatewayRepository(transaction)
    if ((await gateways.catalogueVersion(gateway)) === catalogue.version) return
    await new DeviceRepository(transaction).applyCatalogue(gateway, catalogue, now)
    await gateways.setCatalogueVersion(gateway, catalogue.version, now)
    await register.followIn(transaction, gateway)
  })
}

/** The newest sample of each point of a batch. Pure. */
export function newestUpdates(gateway: string, columns: SampleColumns): PointUpdate[] {
  const newest = new Map<number, number>()
  for (let i = 0; i < columns.t.length; i++) {
    const series = columns.series[i] ?? 0
    const known = newest.get(series)
    if (known === undefined || (columns.t[i] ?? 0) >= (columns.t[known] ?? 0)) newest.set(series, i)
  }
  return [...newest].map(([series, i]) => {
    const code = columns.quality[i] ?? 0
    const reason = qualityReason(code)
    return {
      point: `${gateway}/${columns.points[series]}`,
      t: columns.t[i] ?? 0,
      value: valueAt(columns, i),
      quality: qualityOf(code),
      ...(reason === undefined ? {} : { reason }),
    }
  })
}
