import { createServer, type TLSSocket } from 'node:tls'
import { Aedes } from 'aedes'
import { decodeTelemetry } from '#contract/codec.ts'
import { samplesOf } from '#contract/columns.ts'
import type { Command } from '#contract/command.ts'
import type { Credit, DeliveryMessage, SeqRange } from '#contract/delivery.ts'
import type { GatewayEvent } from '#contract/events.ts'
import type { StateMessage } from '#contract/gateway-state.ts'
import { decodeEvents, decodeReply, decodeState, encodeJson } from '#contract/messages.ts'
import type { Reply as Answer, Request } from '#contract/request.ts'
import { downTopic, parseUpTopic } from '#contract/topics.ts'
import { type TestCertificate, testCertificate } from './test-certificate.ts'

export type Received = {
  readonly lane: 'events' | 'live' | 'backfill'
  readonly range: SeqRange
  readonly values: readonly unknown[]
  readonly events: readonly GatewayEvent[]
  readonly atMs: number
}

/** What the cloud says to a message: `undefined` says nothing at all. */
export type Reply = (received: Received) => DeliveryMessage | undefined

/** A real TLS broker that understands the contract, keeps what it gets in memory and answers as the test wants. */
export interface AckingCloud extends AsyncDisposable {
  readonly port: number
  readonly ca: string
  /** Everything that came in, repetitions included. */
  readonly received: Received[]
  readonly states: StateMessage[]
  /** Answers to requests. */
  readonly replies: Answer[]
  reply: Reply
  /** An answer outside of `reply`, at any time. */
  send(gateway: string, message: DeliveryMessage): void
  command(gateway: string, command: Command): void
  request(gateway: string, request: Request): void
  /** Bytes on a topic of the gateway that no cloud should send. */
  garbage(gateway: string, bytes: Uint8Array): void
}

export type AckingCloudOptions = {
  readonly host?: string
  readonly port?: number
  readonly token?: string
  readonly certificate?: TestCertificate
}

export const wideCredit: Credit = { events: 8, live: 8, backfill: 4 }

export function ackAll({ range }: Received): DeliveryMessage {
  return { v: 1, kind: 'ack', ranges: [range], credit: wideCredit }
}

export async function startAckingCloud(options: AckingCloudOptions = {}): Promise<AckingCloud> {
  const certificate = options.certificate ?? (await testCertificate())
  const broker = await Aedes.createBroker()
  const received: Received[] = []
  const states: StateMessage[] = []
  const replies: Answer[] = []
  const sockets = new Set<TLSSocket>()
  const server = createServer({ key: certificate.key, cert: certificate.cert }, broker.handle)
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})

  broker.authenticate = (_client, _username, password, done) => {
    const isRight = password?.toString() === (options.token ?? 'secret')
    if (isRight) done(null, true)
    else done(Object.assign(new Error('bad password'), { returnCode: 4 }), false)
  }
  broker.on('publish', (packet) => {
    const topic = parseUpTopic(packet.topic)
    if (topic === undefined) return
    const payload = Buffer.from(packet.payload)
    if (topic.channel === 'state') {
      const state = decodeState(payload)
      if (!state.ok) throw new Error(state.reason)
      states.push(state.value)
      return
    }
    if (topic.channel === 'reply') {
      const reply = decodeReply(payload)
      if (!reply.ok) throw new Error(reply.reason)
      replies.push(reply.value)
      return
    }
    const message = read(topic.channel, payload)
    received.push(message)
    const answer = cloud.reply(message)
    if (answer !== undefined) send(downTopic(topic.gateway, 'ack'), encodeJson(answer))
  })

  function send(topic: string, payload: Uint8Array): void {
    const packet = {
      cmd: 'publish',
      topic,
      payload: Buffer.from(payload),
      qos: 1,
      retain: false,
      dup: false,
    } as const
    broker.publish(packet, () => {})
  }

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the broker has no port')

  const cloud: AckingCloud = {
    port: address.port,
    ca: certificate.cert,
    received,
    states,
    reply: ackAll,
    send: (gateway, message) => send(downTopic(gateway, 'ack'), encodeJson(message)),
    replies,
    request: (gateway, request) => send(downTopic(gateway, 'request'), encodeJson(request)),
    command: (gateway, command) => send(downTopic(gateway, 'command'), encodeJson(command)),
    garbage(gateway, bytes) {
      send(downTopic(gateway, 'command'), bytes)
      send(downTopic(gateway, 'ack'), bytes)
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => broker.close(() => resolve()))
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  return cloud
}

function read(lane: Received['lane'], payload: Uint8Array): Received {
  const atMs = performance.now()
  if (lane === 'events') {
    const decoded = decodeEvents(payload)
    if (!decoded.ok) throw new Error(decoded.reason)
    const { epoch, firstSeq, events } = decoded.value
    const range = { stream: 'events', epoch, firstSeq, lastSeq: firstSeq + events.length - 1 } as const
    return { lane, range, values: [], events, atMs }
  }
  const decoded = decodeTelemetry(payload)
  if (!decoded.ok) throw new Error(decoded.reason)
  const { epoch, firstSeq, lastSeq, samples } = decoded.value
  const values = samplesOf(samples).map(({ value }) => value)
  return { lane, range: { stream: 'telemetry', epoch, firstSeq, lastSeq }, values, events: [], atMs }
}
