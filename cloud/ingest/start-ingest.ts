import type { TLSSocket } from 'node:tls'
import type { Registry } from 'prom-client'
import type { Database } from '#cloud/state/database.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import type { CalendarMessage } from '#contract/calendar.ts'
import type { Command } from '#contract/command.ts'
import type { ConfigMessage } from '#contract/configuration.ts'
import { encodeJson } from '#contract/messages.ts'
import type { Request } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseByteSize } from '#lib/quantity.ts'
import { startEmbeddedSource } from './embedded-source.ts'
import { Ingest, type IngestHooks, type StoreAlarms } from './ingest.ts'
import type { IngestConfig } from './ingest-config.ts'
import type { ConnectedGateway, Login, LoginVerdict, MessageSource } from './message-source.ts'
import type { ListenerTls } from './tls-listener.ts'

export type StartIngestOptions = {
  readonly config: IngestConfig
  readonly tls: ListenerTls
  readonly telemetry: TelemetryStore
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
  readonly authenticate: (login: Login) => Promise<LoginVerdict>
  /** A client at the port of the gateways that speaks HTTP. */
  readonly onHttp?: (socket: TLSSocket) => void
  readonly hooks: IngestHooks
  readonly storeAlarms: StoreAlarms
}

export interface RunningIngest extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number }
  /** False when the gateway is away: then nothing was sent and nothing is kept. True is no promise that it arrived. */
  sendCommand(gateway: string, command: Command): Promise<boolean>
  /** The same for a configuration. */
  sendConfig(gateway: string, message: ConfigMessage): Promise<boolean>
  /** The same for a school calendar. */
  sendCalendar(gateway: string, message: CalendarMessage): Promise<boolean>
  /** The same for a question. */
  sendRequest(gateway: string, request: Request): Promise<boolean>
  connected(): readonly ConnectedGateway[]
  /** Ends the connection of the gateway, if it has one. */
  cut(gateway: string, reason: string): void
}

/** Listens for gateways and stores what they send. Disposing closes the sessions, then finishes what is in hand. */
export async function startIngest(options: StartIngestOptions): Promise<RunningIngest> {
  const { config, tls, telemetry, db, clock, log, registry, authenticate, onHttp, hooks, storeAlarms } =
    options
  let source: MessageSource | undefined
  const ingest = new Ingest({
    telemetry,
    db,
    clock,
    log,
    registry,
    hooks,
    storeAlarms,
    limits: {
      perGateway: parseByteSize(config.inFlightPerGateway),
      total: parseByteSize(config.inFlightTotal),
    },
    credit: config.credit,
    sendAck: async (gateway, payload) => source?.send(gateway, 'ack', payload),
  })
  const { host, port, maxConnections } = config
  const maxPacketBytes = parseByteSize(config.maxPacket)
  const embedded = await startEmbeddedSource(
    { host, port, maxConnections, maxPacketBytes, tls, authenticate, onHttp, log, clock, registry },
    ingest,
  )
  source = embedded
  return {
    address: embedded.address,
    sendCommand: (gateway, command) => embedded.send(gateway, 'command', encodeJson(command)),
    sendConfig: (gateway, message) => embedded.send(gateway, 'config', encodeJson(message)),
    sendCalendar: (gateway, message) => embedded.send(gateway, 'calendar', encodeJson(message)),
    sendRequest: (gateway, request) => embedded.send(gateway, 'request', encodeJson(request)),
    connected: () => embedded.connected(),
    cut: (gateway, reason) => embedded.cut(gateway, reason),
    async [Symbol.asyncDispose]() {
      await embedded[Symbol.asyncDispose]()
      await ingest[Symbol.asyncDispose]()
    },
  }
}
