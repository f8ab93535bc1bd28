import type { TLSSocket } from 'node:tls'
import { Aedes, type AuthenticateError, type Client, type ConnectPacket, type PublishPacket } from 'aedes'
import type { Registry } from 'prom-client'
import { type DownChannel, downTopic, idPattern } from '#contract/topics.ts'
import type { Clock } from '#lib/clock.ts'
import { createLengthCheck } from '#lib/limit-mqtt-packets.ts'
import type { Logger } from '#lib/logger.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import { maySubscribe, publishChannel } from './access.ts'
import { shownCertificate } from './client-certificate.ts'
import { createSourceMetrics, type SourceMetrics } from './ingest-metrics.ts'
import type {
  ClientCertificate,
  ConnectedGateway,
  Login,
  LoginVerdict,
  MessageHandler,
  MessageSource,
} from './message-source.ts'
import { type ListenerTls, listenTls, type TlsListener } from './tls-listener.ts'
import { instanceOf, judgeNewcomer, type Peer } from './twin.ts'

export type EmbeddedSourceOptions = {
  readonly host: string
  /** 0: a free one; see `address`. */
  readonly port: number
  readonly tls: ListenerTls
  readonly maxConnections: number
  readonly maxPacketBytes: number
  /** Rejecting counts as "can't tell now": the gateway is turned away and tries again. */
  readonly authenticate: (login: Login) => Promise<LoginVerdict>
  /** A client that speaks HTTP; without it such clients are turned away. */
  readonly onHttp?: ((socket: TLSSocket) => void) | undefined
  readonly log: Logger
  readonly clock: Clock
  readonly registry: Registry
}

export interface EmbeddedSource extends MessageSource {
  readonly address: { readonly host: string; readonly port: number }
  connected(): readonly ConnectedGateway[]
  /** Ends the connection of the gateway, if it has one; whether it may come back is asked when it does. */
  cut(gateway: string, reason: string): void
}

/** Codes of CONNACK, MQTT 3.1.1 § 3.2.2.3. */
const connack = {
  identifierRejected: 2,
  serverUnavailable: 3,
  badUsernameOrPassword: 4,
  notAuthorized: 5,
} as const
/** Code of SUBACK, MQTT 3.1.1 § 3.9.3. */
const refusedSubscription = 0x80
/** Before somebody has logged in, a packet is at most this long: a CONNECT with a will. */
const maxFirstPacketBytes = 16 * 1024
/** A client that sends nothing for 1.5 times its own keep-alive is cut off; without a limit it could ask for ever. */
const keepAliveLimitS = 120

/**
 * The cloud's own MQTT broker for gateways, over TLS. It carries messages between gateways and the cloud and never from
 * one gateway to another; it keeps nothing for those who are away.
 */
export async function startEmbeddedSource(
  options: EmbeddedSourceOptions,
  handler: MessageHandler,
): Promise<EmbeddedSource> {
  const source = new AedesSource(options, handler)
  try {
    await source.start()
    return source
  } catch (error) {
    await source[Symbol.asyncDispose]() // the broker's timers run already
    throw error
  }
}

class AedesSource implements EmbeddedSource {
  readonly #options: EmbeddedSourceOptions
  readonly #handler: MessageHandler
  readonly #metrics: SourceMetrics
  readonly #sessions = new Map<string, Client>()
  readonly #gatewayOf = new WeakMap<Client, string>()
  readonly #certificateOf = new WeakMap<Client, ClientCertificate>()
  readonly #peers = new WeakMap<Client, Peer>()
  /** Those that have subscribed: the broker drops in silence what is sent to the others. */
  readonly #listening = new WeakSet<Client>()
  readonly #warnings = new RateLimit(60_000)
  #broker: Aedes | undefined
  #listener: TlsListener | undefined
  #closing = false

  constructor(options: EmbeddedSourceOptions, handler: MessageHandler) {
    this.#options = options
    this.#handler = handler
    this.#metrics = createSourceMetrics(options.registry, () => this.#sessions.size)
  }

  get address(): { readonly host: string; readonly port: number } {
    const { host, port } = this.#options
    return this.#listener?.address ?? { host, port }
  }

  async start(): Promise<void> {
    const broker = await Aedes.createBroker({
      heartbeatInterval: 60_000,
      connectTimeout: 10_000,
      drainTimeout: 10_000,
      keepaliveLimit: keepAliveLimitS,
      preConnect: (client, packet, done) => {
        const peer = this.#peers.get(client)
        if (peer !== undefined) {
          peer.instance = instanceOf(packet)
          peer.keepAliveMs = (packet.keepalive ?? 0) * 1000
        }
        takeIdentity(packet)
        done(null, true)
      },
      authenticate: (client, username, password, done) => {
        this.#authenticate(client, username, password).then(
          () => done(null, true),
          (error: AuthenticateError) => done(error, false),
        )
      },
      authorizePublish: (client, packet, done) => {
        if (client === null) return done(null)
        this.#take(client, packet).then(
          () => done(null),
          (error: Error) => done(error),
        )
      },
      authorizeSubscribe: (client, subscription, done) => {
        const gateway = this.#gatewayOf.get(client)
        if (gateway !== undefined && maySubscribe(gateway, subscription.topic))
          return done(null, subscription)
        this.#refused('subscribe', client, { topic: subscription.topic.slice(0, 200) })
        done(null, null)
      },
    })
    this.#broker = broker
    broker.on('client', (client) => this.#opened(client))
    broker.on('clientDisconnect', (client) => this.#closed(client))
    broker.on('subscribe', (subscriptions, client) => {
      if (subscriptions.some(({ qos }) => Number(qos) !== refusedSubscription)) this.#listening.add(client)
    })
    broker.on('connectionError', (client, error) =>
      this.#refused('packet', client, { problem: error.message }),
    )
    broker.on('clientError', (client, error) => {
      this.#options.log.debug(
        { gateway: this.#gatewayOf.get(client), problem: error.message },
        'session ended',
      )
    })
    const { host, port, tls, maxConnections, onHttp } = this.#options
    this.#listener = await listenTls({
      host,
      port,
      tls,
      maxConnections,
      onConnection: (socket) => this.#connected(broker, socket),
      onHttp,
      onHandshakeError: (remote, error) => {
        this.#metrics.refused.inc({ what: 'tls' })
        this.#options.log.debug({ remote, problem: error.message }, 'TLS handshake failed')
      },
    })
  }

  async send(gateway: string, channel: DownChannel, payload: Uint8Array): Promise<boolean> {
    const broker = this.#broker
    if (broker === undefined || this.#closing || !this.#hears(gateway)) return false
    const content = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    return new Promise((resolve) => {
      broker.publish(
        {
          cmd: 'publish',
          topic: downTopic(gateway, channel),
          payload: content,
          qos: 1,
          retain: false,
          dup: false,
        },
        (error) => resolve(error == null && this.#hears(gateway)),
      )
    })
  }

  connected(): readonly ConnectedGateway[] {
    return [...this.#sessions].map(([gateway, client]) => ({
      gateway,
      certificate: this.#certificateOf.get(client),
    }))
  }

  cut(gateway: string, reason: string): void {
    const client = this.#sessions.get(gateway)
    if (client === undefined) return
    this.#options.log.warn({ gateway, remote: remoteOf(client), reason }, 'gateway cut off')
    client.conn.destroy()
  }

  #hears(gateway: string): boolean {
    const client = this.#sessions.get(gateway)
    return client !== undefined && this.#listening.has(client)
  }

  /** Wills that fire because we stop are not deaths of gateways: from here on nothing is handed on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    const closed = this.#listener?.stopListening()
    const broker = this.#broker
    if (broker !== undefined) await new Promise<void>((resolve) => broker.close(resolve))
    this.#listener?.cutAll()
    await closed
  }

  #connected(broker: Aedes, socket: TLSSocket): void {
    const client = broker.handle(socket)
    const { clock } = this.#options
    const peer: Peer = {
      remote: remoteOf(client),
      instance: undefined,
      keepAliveMs: 0,
      heardAt: clock.monotonic(),
      challengedAt: undefined,
    }
    this.#peers.set(client, peer)
    const first = createLengthCheck(maxFirstPacketBytes)
    const any = createLengthCheck(this.#options.maxPacketBytes)
    // The broker reads with 'readable' and read(), which also emits this: we look at each chunk just before it does.
    socket.on('data', (chunk: Buffer) => {
      peer.heardAt = clock.monotonic()
      const problem = any(chunk) ?? (this.#gatewayOf.has(client) ? undefined : first(chunk))
      if (problem !== undefined) socket.destroy(new Error(problem))
    })
  }

  async #authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): Promise<void> {
    const gateway = username ?? ''
    const shown = shownCertificate(client.conn as TLSSocket)
    if (shown.kind === 'bad') {
      this.#refused('login', client, { username: gateway.slice(0, 64), certificate: shown.problem })
      throw connackError(connack.notAuthorized, 'the certificate is not good')
    }
    const certificate = shown.kind === 'good' ? shown.certificate : undefined
    const login = { gateway, token: password?.toString() ?? '', certificate }
    const verdict = await this.#mayConnect(login)
    if (verdict !== 'welcome') {
      this.#refused('login', client, { username: gateway.slice(0, 64), verdict, ...certificate })
      throw verdict === 'revoked'
        ? connackError(connack.notAuthorized, 'the right to connect was taken away')
        : connackError(connack.badUsernameOrPassword, 'bad user name or password')
    }
    this.#refuseTwin(gateway, client)
    if (certificate !== undefined) this.#certificateOf.set(client, certificate)
    this.#gatewayOf.set(client, gateway)
    if (this.#sessions.has(gateway)) this.#metrics.takeovers.inc()
  }

  /** Two machines with one identity would throw each other out for ever: the one that was there stays. */
  #refuseTwin(gateway: string, client: Client): void {
    const session = this.#sessions.get(gateway)
    const holder = session === undefined ? undefined : this.#peers.get(session)
    const newcomer = this.#peers.get(client)
    const now = this.#options.clock.monotonic()
    const verdict = judgeNewcomer(holder, newcomer?.instance, now)
    if (verdict === 'admit' || holder === undefined) return
    holder.challengedAt ??= now
    const addresses = { connected: holder.remote, refused: remoteOf(client) }
    this.#refused('twin', client, { username: gateway, ...addresses })
    if (verdict === 'twin') this.#handler.twin(gateway, addresses)
    throw connackError(connack.identifierRejected, 'another run of this gateway is connected')
  }

  /** A certificate lets in the gateway that it is for and no other, whatever token comes with it. */
  async #mayConnect(login: Login): Promise<LoginVerdict> {
    const { gateway, certificate } = login
    if (!idPattern.test(gateway)) return 'unknown'
    if (certificate !== undefined && certificate.gateway !== gateway) return 'unknown'
    try {
      return await this.#options.authenticate(login)
    } catch (err) {
      this.#warn('login', gateway, { gateway, err }, 'login could not be checked')
      throw connackError(connack.serverUnavailable, 'try again later')
    }
  }

  /** Resolving lets the broker send PUBACK; rejecting makes it close the connection. */
  async #take(client: Client, packet: PublishPacket): Promise<void> {
    if (this.#closing) throw new Error('closing')
    const gateway = this.#gatewayOf.get(client)
    const channel = gateway === undefined ? undefined : publishChannel(gateway, packet.topic)
    if (gateway === undefined || channel === undefined) {
      this.#refused('publish', client, { topic: packet.topic.slice(0, 200) })
      throw new Error('not allowed to publish to this topic')
    }
    packet.retain = false
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    await this.#handler.message({ gateway, channel, payload })
    // Nobody is subscribed to it: let go of the bytes before the broker carries the packet on.
    packet.payload = Buffer.alloc(0)
  }

  #opened(client: Client): void {
    const gateway = this.#gatewayOf.get(client)
    if (gateway === undefined) return
    this.#sessions.set(gateway, client)
    this.#handler.connected(gateway)
    this.#options.log.info({ gateway, remote: remoteOf(client) }, 'gateway connected')
  }

  #closed(client: Client): void {
    const gateway = this.#gatewayOf.get(client)
    if (gateway === undefined || this.#sessions.get(gateway) !== client) return
    this.#sessions.delete(gateway)
    if (this.#closing) return
    this.#handler.disconnected(gateway)
    this.#options.log.info({ gateway }, 'gateway disconnected')
  }

  #refused(
    what: 'login' | 'twin' | 'publish' | 'subscribe' | 'packet',
    client: Client,
    fields: object,
  ): void {
    this.#metrics.refused.inc({ what })
    const remote = remoteOf(client)
    const gateway = this.#gatewayOf.get(client)
    this.#warn(what, gateway ?? remote, { what, gateway, remote, ...fields }, 'gateway refused')
  }

  #warn(what: string, who: string, fields: object, message: string): void {
    const skipped = this.#warnings.pass(`${what} ${who}`, this.#options.clock.monotonic())
    if (skipped !== undefined) this.#options.log.warn({ skipped, ...fields }, message)
  }
}

/**
 * The session belongs to the gateway, whatever client id it asks for: two sessions of one gateway replace each other,
 * and nobody can throw out another by using its id. Nothing is kept between sessions.
 */
function takeIdentity(packet: ConnectPacket): void {
  packet.clientId = packet.username ?? ''
  packet.clean = true
}

function connackError(returnCode: number, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode })
}

function remoteOf(client: Client): string {
  const { remoteAddress } = client.conn as { remoteAddress?: string }
  return remoteAddress ?? 'unknown'
}
