import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { Registry } from 'prom-client'
import { defaultAlarmSettings } from '#cloud/alarms/alarm-config.ts'
import { AlarmIntake } from '#cloud/alarms/alarm-intake.ts'
import type { IngestHooks } from '#cloud/ingest/ingest.ts'
import type { IngestConfig } from '#cloud/ingest/ingest-config.ts'
import type { Login, LoginVerdict } from '#cloud/ingest/message-source.ts'
import { type RunningIngest, startIngest } from '#cloud/ingest/start-ingest.ts'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import { openSqliteTelemetryStore } from '#cloud/telemetry/sqlite/sqlite-telemetry-store.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { openTls } from '#cloud/tls/open-tls.ts'
import { encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import type { Command } from '#contract/command.ts'
import type { Ack, DeliveryMessage, Refuse, SeqRange } from '#contract/delivery.ts'
import { decodeDelivery, encodeJson, type JsonMessage } from '#contract/messages.ts'
import { allDownTopics, downTopic, type UpChannel, upTopic } from '#contract/topics.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from './wait-for.ts'

export const tokenOf = (gateway: string): string => `token of ${gateway}`
/** Source time of sample `seq` of `batchOf`. */
export const timeOf = (seq: number): number => Date.UTC(2026, 2, 1) + seq * 1000

export type TestIngestOptions = {
  /** Kept by the caller, so that a second start finds the data of the first. */
  readonly folder?: string
  readonly host?: string
  readonly gateways?: readonly string[]
  readonly hooks?: IngestHooks
  readonly authenticate?: (login: Login) => Promise<LoginVerdict>
  readonly config?: Partial<IngestConfig>
  /** The authority of client certificates, PEM. */
  readonly clientCa?: string
  /** Puts something between ingest and the telemetry store. */
  readonly wrap?: (store: TelemetryStore) => TelemetryStore
}

export type LogLine = { readonly msg: string; readonly level: number; readonly [field: string]: unknown }

export interface TestIngest extends AsyncDisposable {
  readonly folder: string
  readonly telemetryFile: string
  readonly stateFile: string
  readonly telemetry: TelemetryStore
  readonly db: Database
  readonly registry: Registry
  readonly port: number
  readonly logs: readonly LogLine[]
  readonly ca: string
  sendCommand(gateway: string, command: Command): Promise<boolean>
  connected: RunningIngest['connected']
  cut: RunningIngest['cut']
  connect(gateway: string, options?: IClientOptions): Promise<TestGateway>
  /** Value of a counter, 0 when it was never touched. */
  count(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
}

/** Ingest with its real stores, its broker and TLS, on a free port. */
export async function startTestIngest(options: TestIngestOptions = {}): Promise<TestIngest> {
  await using parts = new AsyncDisposableStack()
  const host = options.host ?? '127.0.0.1'
  const folder = options.folder ?? parts.use(await mkdtempDisposable(join(tmpdir(), 'ingest-'))).path
  const logs: LogLine[] = []
  const log = createLogger({ level: 'debug' }, { write: (line) => void logs.push(JSON.parse(line)) })
  const telemetryFile = join(folder, 'telemetry.db')
  const stateFile = join(folder, 'state.db')
  const telemetry = parts.use(await openSqliteTelemetryStore({ path: telemetryFile, log }))
  const db = await openDatabase({ path: stateFile, log })
  parts.defer(() => db.destroy())
  await provision(db, options.gateways ?? ['school-a', 'school-b'])
  const tls = await openTls({ config: { hostNames: [] }, folder: join(folder, 'tls'), now: Date.now(), log })
  const registry = new Registry()
  const intake = new AlarmIntake({ ...defaultAlarmSettings, suppressedBy: () => undefined })
  const ingest = parts.use(
    await startIngest({
      config: { ...defaults, host, ...options.config },
      tls: { ...tls, ...(options.clientCa === undefined ? {} : { clientCa: options.clientCa }) },
      telemetry: options.wrap?.(telemetry) ?? telemetry,
      db,
      clock: systemClock,
      log,
      registry,
      authenticate:
        options.authenticate ??
        (async ({ gateway, token }) => (token === tokenOf(gateway) ? 'welcome' : 'unknown')),
      hooks: options.hooks ?? {},
      storeAlarms: (trx, told, now) => intake.store(trx, told, now),
    }),
  )
  const { port } = ingest.address
  const owned = parts.move()
  return {
    folder,
    telemetryFile,
    stateFile,
    telemetry,
    db,
    registry,
    port,
    logs,
    ca: tls.ca ?? '',
    sendCommand: (gateway, command) => ingest.sendCommand(gateway, command),
    connected: () => ingest.connected(),
    cut: (gateway, reason) => ingest.cut(gateway, reason),
    connect: (gateway, clientOptions) =>
      connectGateway({ host, port, ca: tls.ca ?? '', gateway, ...(clientOptions && { clientOptions }) }),
    async count(name, labels = {}) {
      const metric = await registry.getSingleMetric(name)?.get()
      const matching = metric?.values.filter((value) =>
        Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted),
      )
      return (matching ?? []).reduce((sum, { value }) => sum + value, 0)
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  }
}

const defaults: IngestConfig = {
  host: '127.0.0.1',
  port: 0,
  maxConnections: 100,
  maxPacket: '9MB',
  inFlightPerGateway: '16MB',
  inFlightTotal: '128MB',
  credit: { events: 8, live: 8, backfill: 4 },
}

async function provision(db: Database, gateways: readonly string[]): Promise<void> {
  const rows = gateways.map((id) => ({ id, token_hash: '', created_at: 0, connected: 0 }))
  await db
    .insertInto('gateways')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export interface TestGateway extends AsyncDisposable {
  readonly client: MqttClient
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  readonly deliveries: readonly DeliveryMessage[]
  /** Called as each answer arrives, before anything else happens. */
  onDelivery: (message: DeliveryMessage) => void
  readonly commands: readonly string[]
  /** Resolves with PUBACK. */
  publish(channel: UpChannel, payload: Uint8Array | JsonMessage): Promise<void>
  /** Resolves when all of these numbers were acknowledged. */
  acknowledged(range: SeqRange, timeoutMs?: number): Promise<void>
  refusals(): Refuse[]
}

export type ConnectOptions = {
  readonly host: string
  readonly port: number
  readonly ca: string
  readonly gateway: string
  readonly clientOptions?: IClientOptions
}

/** A gateway's side of the connection: an mqtt.js client that has subscribed to its answers. */
export async function connectGateway(options: ConnectOptions): Promise<TestGateway> {
  const { host, port, ca, gateway, clientOptions } = options
  const client = await mqtt.connectAsync(
    `mqtts://${host.includes(':') ? `[${host}]` : host}:${port}`,
    {
      ca,
      protocolVersion: 4,
      username: gateway,
      password: tokenOf(gateway),
      reconnectPeriod: 0,
      connectTimeout: 5000,
      keepalive: 5,
      ...clientOptions,
    },
    false,
  )
  client.on('error', () => {})
  // Otherwise small messages wait 40 ms for each other (Nagle and delayed acknowledgement).
  if ('setNoDelay' in client.stream) (client.stream as TLSSocket).setNoDelay(true)
  const deliveries: DeliveryMessage[] = []
  const commands: string[] = []
  const acked = new Set<string>()
  const self: TestGateway = {
    client,
    closed: new Promise((resolve) => client.once('close', () => resolve())),
    deliveries,
    commands,
    onDelivery: () => {},
    async publish(channel, payload) {
      const bytes = payload instanceof Uint8Array ? payload : encodeJson(payload)
      await client.publishAsync(upTopic(gateway, channel), Buffer.from(bytes), { qos: 1 })
    },
    async acknowledged({ stream, epoch, firstSeq, lastSeq }, timeoutMs = 10_000) {
      await waitFor(
        () => {
          for (let seq = firstSeq; seq <= lastSeq; seq++) {
            if (!acked.has(`${stream}/${epoch}/${seq}`))
              throw new Error(`${stream} ${seq} is not acknowledged`)
          }
        },
        { timeoutMs, everyMs: 5 },
      )
    },
    refusals: () => deliveries.filter((message): message is Refuse => message.kind === 'refuse'),
    [Symbol.asyncDispose]: () => client.endAsync(true),
  }
  client.on('message', (topic, payload) => {
    if (topic === downTopic(gateway, 'command')) commands.push(payload.toString())
    if (topic !== downTopic(gateway, 'ack')) return
    const decoded = decodeDelivery(payload)
    if (!decoded.ok) throw new Error(decoded.reason)
    if (decoded.value.kind === 'ack') for (const seq of numbersOf(decoded.value)) acked.add(seq)
    deliveries.push(decoded.value)
    self.onDelivery(decoded.value)
  })
  await client.subscribeAsync(allDownTopics(gateway), { qos: 1 })
  return self
}

export function* numbersOf({ ranges }: Ack): Generator<string> {
  for (const { stream, epoch, firstSeq, lastSeq } of ranges) {
    for (let seq = firstSeq; seq <= lastSeq; seq++) yield `${stream}/${epoch}/${seq}`
  }
}

/** Batch of the numbers `firstSeq` to `lastSeq`, with one sample each: value `seq` of point `m-1/seq` at `timeOf(seq)`. */
export function batchOf(epoch: number, firstSeq: number, lastSeq = firstSeq): Uint8Array {
  const samples = Array.from({ length: lastSeq - firstSeq + 1 }, (_, index) => ({
    point: 'm-1/seq',
    t: timeOf(firstSeq + index),
    value: firstSeq + index,
    quality: 192 as const,
  }))
  return encodeTelemetry({ epoch, firstSeq, lastSeq, samples: columnsOf(samples) })
}

/** The values of `m-1/seq` in the store, in order of time. */
export async function storedSeqs(store: TelemetryStore, gateway: string): Promise<unknown[]> {
  const [series] = await store.range([`${gateway}/m-1/seq`], { from: 0, to: 1e14 }, 1_000_000)
  return (series?.samples ?? []).map(([, value]) => value)
}
