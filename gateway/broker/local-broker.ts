import { createServer, type Server, type Socket } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { Aedes, type AedesPublishPacket, type Client, type PublishPacket } from 'aedes'
import { writeToStream } from 'mqtt-packet'
import { limitMqttPackets } from '#lib/limit-mqtt-packets.ts'
import type { Logger } from '#lib/logger.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import { type Credential, createAccess, mayPublish, maySubscribe } from './access.ts'
import { Audience } from './audience.ts'
import type { LocalBus } from './local-bus.ts'
import { heardOnly, isAnnouncement } from './local-topics.ts'
import { Subscribers } from './subscribers.ts'
import { isFilter, topicMatches } from './topic-filter.ts'

export type LocalBrokerOptions = {
  readonly host: string
  /** 0: a free one; `listen` says which. */
  readonly port: number
  readonly credentials: readonly Credential[]
  readonly maxPacketBytes: number
  readonly maxConnections: number
  readonly maxRetained: number
  readonly log: Logger
  /** Counted by reason, for `/metrics`. */
  readonly onRefused?: (reason: RefusalReason) => void
  /** A client published something that nothing in the gateway listens to. */
  readonly onUnclaimed?: () => void
}

export type BrokerLimits = Pick<
  LocalBrokerOptions,
  'credentials' | 'maxPacketBytes' | 'maxConnections' | 'maxRetained'
>

export const refusalReasons = ['login', 'publish', 'subscribe', 'protocol', 'retained-limit'] as const
export type RefusalReason = (typeof refusalReasons)[number]

export interface LocalBroker extends LocalBus {
  /**
   * Opens the door. Called when everything inside listens: what a device publishes before that would be acknowledged and
   * lost. Rejects when the port is taken.
   */
  listen(): Promise<Address>
  /** Goes on with other accounts and limits. Whose account is another one now, or gone, has to connect again. */
  use(limits: BrokerLimits): void
  /** Closes every connection and the port; may be called more than once. */
  close(): Promise<void>
}

export type Address = { readonly host: string; readonly port: number }

/** Codes of CONNACK, MQTT 3.1.1 § 3.2.2.3. */
const badUsernameOrPassword = 4

// Its table of ready-made packet numbers takes 12 MB; making the two bytes anew costs nothing that can be measured.
writeToStream.cacheNumbers = false

/** A bridge sends hundreds of messages a second, and each wants its acknowledgement. */
const gatherMs = 8

/** Each refusal is logged at most once in this time per source and reason. */
const logEveryMs = 60_000

/**
 * The MQTT broker inside the gateway. It keeps nothing for clients that are away: sessions are always clean. A refused
 * publish closes that client's connection, the only refusal MQTT 3.1.1 has.
 */
export async function openLocalBroker(given: LocalBrokerOptions): Promise<LocalBroker> {
  const { log } = given
  let options = given
  let access = createAccess(options.credentials)
  const clients = new Set<Client>()
  const admitted = new WeakMap<Client, Credential>()
  const logged = new RateLimit(logEveryMs)
  /** What clients left for those who come later; the gateway's own values are not in it. */
  const retained = new Map<string, { readonly payload: Buffer; readonly keptSince: number }>()
  const subscribers = new Subscribers()
  const audience = new Audience<Client>()
  let isClosing = false

  function refuse(reason: RefusalReason, client: Client, fields: Record<string, unknown>): void {
    options.onRefused?.(reason)
    const remote = remoteOf(client)
    const skipped = logged.pass(`${reason} ${remote} ${client.id ?? ''}`, performance.now())
    if (skipped !== undefined)
      log.warn({ reason, remote, client: client.id, skipped, ...fields }, 'mqtt client refused')
  }

  const aedes = await Aedes.createBroker({
    heartbeatInterval: 60_000,
    connectTimeout: 10_000,
    drainTimeout: 30_000,
    preConnect(_client, packet, done) {
      packet.clean = true
      done(null, true)
    },
    authenticate(client, username, password, done) {
      const credential = access.admit(username, password)
      if (credential === undefined) {
        refuse('login', client, { username: username?.slice(0, 64) })
        const error = Object.assign(new Error('bad user name or password'), {
          returnCode: badUsernameOrPassword,
        })
        return done(error, false)
      }
      admitted.set(client, credential)
      clients.add(client)
      // Two credentials can never throw each other out by using the same client id.
      client.id = `${credential.username}:${client.id}`
      done(null, true)
    },
    authorizePublish(client, packet, done) {
      if (client === null) return done(null)
      // Not acknowledged, so it comes again; and a will that we set off ourselves says nothing of the device.
      if (isClosing) return done(new Error('the broker stops'))
      if (!admit(client, packet)) return done(new Error('not allowed to publish to this topic'))
      // PUBACK is sent before `publish` is emitted, and a broker that stops in between emits nothing any more: what was
      // acknowledged must have been heard. QoS 2 is acknowledged afterwards, and only then is known to come once.
      if (packet.qos < 2) hear(client, packet as AedesPublishPacket)
      done(null)
    },
    authorizeSubscribe(client, subscription, done) {
      const credential = admitted.get(client)
      const { topic } = subscription
      if (credential !== undefined && isFilter(topic) && maySubscribe(credential, topic)) {
        // Before the subscription holds: what is kept for it must be up to date when it asks.
        audience.add(client, topic)
        return done(null, subscription)
      }
      refuse('subscribe', client, { topic: topic.slice(0, 200) })
      done(null, null)
    },
  })

  /** False when this client may not say that. */
  function admit(client: Client, packet: PublishPacket): boolean {
    const credential = admitted.get(client)
    const isAllowed = credential !== undefined && mayPublish(credential, packet.topic)
    if (credential !== undefined && !isAllowed && isAnnouncement(packet.topic)) {
      // Refusing would throw the device out each time it connects.
      packet.topic = heardOnly + packet.topic
      packet.retain = false
      return true
    }
    if (isAllowed && packet.retain) keepRetained(client, packet as AedesPublishPacket)
    if (!isAllowed) refuse('publish', client, { topic: packet.topic.slice(0, 200) })
    return isAllowed
  }

  /** The retained store lives in memory: a client that retains ever new topics must not fill it. */
  function keepRetained(client: Client, packet: AedesPublishPacket): void {
    if (packet.payload.length === 0) {
      retained.delete(packet.topic)
    } else if (retained.has(packet.topic) || retained.size < options.maxRetained) {
      retained.set(packet.topic, { payload: bytesOf(packet.payload), keptSince: Date.now() })
    } else {
      packet.retain = false
      refuse('retained-limit', client, { topic: packet.topic.slice(0, 200) })
    }
  }

  aedes.on('connectionError', (client, error) => refuse('protocol', client, { problem: error.message }))
  aedes.on('clientError', (client, error) => {
    if (admitted.has(client)) log.debug({ client: client.id, problem: error.message }, 'mqtt client error')
  })

  aedes.on('unsubscribe', (filters, client) => audience.remove(client, filters))
  aedes.on('clientDisconnect', (client) => {
    clients.delete(client)
    audience.leave(client)
  })

  aedes.on('publish', (packet, client) => {
    if (client !== null && packet.qos === 2) hear(client, packet)
  })

  /** Everything comes here while it happens: the broker starts empty and we listen before anybody connects. */
  function hear(client: Client, packet: AedesPublishPacket): void {
    const { topic } = packet
    const message = {
      topic: topic.startsWith(heardOnly) ? topic.slice(heardOnly.length) : topic,
      payload: bytesOf(packet.payload),
      retained: false,
    }
    if (!subscribers.deliver(message)) noteUnclaimed(client, packet)
  }

  /** Most often a device that nobody configured. Clients may well talk to each other, so it is no refusal. */
  function noteUnclaimed(client: Client, { topic }: AedesPublishPacket): void {
    options.onUnclaimed?.()
    const skipped = logged.pass(`unclaimed ${client.id}`, performance.now())
    if (skipped !== undefined)
      log.warn({ client: client.id, topic, skipped }, 'no configured device uses this topic')
  }

  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
    const limited = limitMqttPackets(socket, { maxBytes: options.maxPacketBytes, gatherMs })
    aedes.handle(Object.assign(limited, { remoteAddress: socket.remoteAddress }))
  })
  server.maxConnections = options.maxConnections

  const close = once(async () => {
    isClosing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await new Promise<void>((resolve) => aedes.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  })

  return {
    listen: () => listen(server, options),
    close,
    use(limits) {
      options = { ...options, ...limits }
      access = createAccess(options.credentials)
      server.maxConnections = options.maxConnections
      const known = new Map(options.credentials.map((one) => [one.username, one]))
      for (const client of clients) {
        const old = admitted.get(client)
        if (!isDeepStrictEqual(known.get(old?.username ?? ''), old)) client.close()
      }
    },
    subscribe(filter, handler) {
      const end = subscribers.add(filter, handler)
      let isOver = false
      // Whoever in the gateway begins to listen later gets the state of things, as any other client would.
      const kept = [...retained].filter(([topic]) => topicMatches(filter, topic))
      setImmediate(() => {
        for (const [topic, message] of kept) if (!isOver) handler({ topic, ...message, retained: true })
      })
      return () => {
        isOver = true
        end()
      }
    },
    publish(topic, payload, { retain = false, qos = 0 } = {}) {
      return new Promise((resolve, reject) => {
        aedes.publish(
          { cmd: 'publish', topic, payload: asBuffer(payload), retain, qos, dup: false },
          (error) => (error ? reject(error) : resolve()),
        )
      })
    },
    watch(handler) {
      handler(true)
      return () => {}
    },
    watchAudience: (root, handler) => audience.watch(root, handler),
    [Symbol.asyncDispose]: close,
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= work()
    return done
  }
}

function listen(server: Server, { host, port }: LocalBrokerOptions): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      resolve({ host, port: typeof address === 'object' && address !== null ? address.port : port })
    })
  })
}

function remoteOf(client: Client): string {
  const { remoteAddress } = client.conn as { remoteAddress?: string }
  return remoteAddress ?? 'unknown'
}

function bytesOf(payload: string | Buffer): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

function asBuffer(payload: string | Uint8Array): Buffer {
  return typeof payload === 'string'
    ? Buffer.from(payload)
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
}
