import type { Registry } from 'prom-client'
import type { Database } from '#cloud/state/database.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import type { Command } from '#contract/command.ts'
import { encodeJson } from '#contract/messages.ts'
import type { Request } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseByteSize } from '#lib/quantity.ts'
import { startEmbeddedSource } from './embedded-source.ts'
import { Ingest, type IngestHooks } from './ingest.ts'
import type { IngestConfig } from './ingest-config.ts'
import type { MessageSource } from './message-source.ts'

export type StartIngestOptions = {
  readonly config: IngestConfig
  readonly tls: { readonly key: string; readonly cert: string }
  readonly telemetry: TelemetryStore
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
  readonly authenticate: (gateway: string, token: string) => Promise<boolean>
  readonly hooks: IngestHooks
}

export interface RunningIngest extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number }
  /** False when the gateway is away: then nothing was sent and nothing is kept. True is no promise that it arrived. */
  sendCommand(gateway: string, command: Command): Promise<boolean>
  /** The same for a question. */
  sendRequest(gateway: string, request: Request): Promise<boolean>
}

/** Listens for gateways and stores what they send. Disposing closes the sessions, then finishes what is in hand. */
export async function startIngest(options: StartIngestOptions): Promise<RunningIngest> {
  const { config, tls, telemetry, db, clock, log, registry, authenticate, hooks } = options
  let source: MessageSource | undefined
  const ingest = new Ingest({
    telemetry,
    db,
    clock,
    log,
    registry,
    hooks,
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
    { host, port, maxConnections, maxPacketBytes, tls, authenticate, log, clock, registry },
    ingest,
  )
  source = embedded
  return {
    address: embedded.address,
    sendCommand: (gateway, command) => embedded.send(gateway, 'command', encodeJson(command)),
    sendRequest: (gateway, request) => embedded.send(gateway, 'request', encodeJson(request)),
    async [Symbol.asyncDispose]() {
      await embedded[Symbol.asyncDispose]()
      await ingest[Symbol.asyncDispose]()
    },
  }
}
