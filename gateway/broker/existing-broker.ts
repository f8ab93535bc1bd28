import { readFile } from 'node:fs/promises'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { AppError } from '#contract/errors.ts'
import { backoffMs } from '#lib/backoff.ts'
import type { Logger } from '#lib/logger.ts'
import type { LocalBus } from './local-bus.ts'
import { Subscribers } from './subscribers.ts'

export type ExistingBrokerOptions = {
  /** `mqtt://…` or `mqtts://…`. */
  readonly url: string
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  readonly caFile?: string
  readonly log: Logger
}

const reconnect = { firstMs: 500, maxMs: 15_000 }

/**
 * The campus has a broker already: the gateway is one of its clients. Resolves at once, whether or not the broker can be
 * reached, and keeps trying; subscriptions come back with the connection.
 */
export async function connectExistingBroker(options: ExistingBrokerOptions): Promise<LocalBus> {
  const { log } = options
  const subscribers = new Subscribers()
  const watchers = new Set<(connected: boolean) => void>()
  /** Packets waiting for PUBACK. They fail with the connection: a command sent later than its sender waits is worse. */
  const unconfirmed = new Set<number>()
  let attempt = 0

  const client = mqtt.connect(options.url, await clientOptions(options))
  client.on('connect', () => {
    attempt = 0
    client.options.reconnectPeriod = reconnect.firstMs
    log.info({ url: options.url }, 'local broker reached')
    for (const filter of subscribers.filters()) askFor(client, filter, log)
    for (const watcher of watchers) watcher(true)
  })
  client.on('close', () => {
    for (const id of unconfirmed) client.removeOutgoingMessage(id)
    client.options.reconnectPeriod = backoffMs(attempt, reconnect)
    if (attempt++ === 0) {
      log.warn({ url: options.url }, 'local broker not reachable')
      for (const watcher of watchers) watcher(false)
    }
  })
  client.on('error', (error) => {
    if (attempt <= 1) log.warn({ err: error }, 'local broker connection failed')
  })
  client.on('message', (topic, payload, packet) => {
    subscribers.deliver({ topic, payload, retained: packet.retain })
  })

  return {
    subscribe(filter, handler) {
      const remove = subscribers.add(filter, handler)
      if (client.connected) askFor(client, filter, log)
      return () => {
        remove()
        if (client.connected && !subscribers.filters().includes(filter)) client.unsubscribe(filter)
      }
    },
    async publish(topic, payload, { retain = false, qos = 0 } = {}) {
      if (!client.connected) throw new AppError('LINK_DOWN', `broker ${options.url} is not reachable`)
      const bytes = typeof payload === 'string' ? payload : Buffer.from(payload)
      const sent = client.publishAsync(topic, bytes, { retain, qos })
      const id = client.getLastMessageId()
      if (qos > 0) unconfirmed.add(id)
      await sent
        .catch((cause: unknown) => {
          throw new AppError('LINK_DOWN', `broker ${options.url} did not take a message`, { cause })
        })
        .finally(() => unconfirmed.delete(id))
    },
    watch(handler) {
      watchers.add(handler)
      handler(client.connected)
      return () => watchers.delete(handler)
    },
    watchAudience(_root, handler) {
      handler(true)
      return () => {}
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true)
    },
  }
}

/** QoS 1: a broker at hand is asked to repeat rather than to lose. */
function askFor(client: MqttClient, filter: string, log: Logger): void {
  client.subscribe(filter, { qos: 1 }, (error, granted) => {
    if (error !== null && client.connected)
      log.warn({ filter, err: error }, 'local broker refused a subscription')
    else if (granted?.some(({ qos }) => qos === 128))
      log.warn({ filter }, 'local broker refused a subscription')
  })
}

async function clientOptions(options: ExistingBrokerOptions): Promise<IClientOptions> {
  return {
    protocolVersion: 4,
    clientId: options.clientId,
    clean: true,
    keepalive: 15,
    connectTimeout: 10_000,
    reconnectPeriod: reconnect.firstMs,
    resubscribe: false,
    queueQoSZero: false,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.caFile === undefined ? {} : { ca: await readFile(options.caFile) }),
  }
}
