import type { ExistingBrokerConfig, OwnBrokerConfig } from '#gateway/broker/broker-config.ts'
import { type BrokerLimits, openLocalBroker } from '#gateway/broker/local-broker.ts'
import type { LocalBus } from '#gateway/broker/local-bus.ts'
import type { BrokerHealth } from '#gateway/health/health.ts'
import type { GatewayMetrics } from '#gateway/health/metrics.ts'
import { hostPort } from '#lib/host-port.ts'
import type { Logger } from '#lib/logger.ts'
import { parseByteSize } from '#lib/quantity.ts'
import type { GatewayConfig } from './config.ts'
import type { Secrets } from './load-gateway.ts'

export type BusParts = {
  readonly config: GatewayConfig
  readonly secrets: Secrets
  readonly metrics: GatewayMetrics
  readonly log: Logger
}

export interface OpenedBus extends LocalBus {
  /** Lets devices in, where the broker is ours. Resolves with the address. */
  listen(): Promise<string>
  /** No device is heard after this. */
  close(): Promise<void>
  state(): BrokerHealth
  /** Goes on with the accounts and limits of another configuration, where the broker is ours. */
  use(next: { readonly config: GatewayConfig; readonly secrets: Secrets }): void
}

/** The campus's MQTT traffic, on a broker of our own or on the one that is there. */
export async function openBus({ config, ...parts }: BusParts): Promise<OpenedBus> {
  const { broker } = config
  return 'url' in broker ? await openExisting(broker, config.gateway.id, parts) : await openOwn(broker, parts)
}

async function openOwn(
  broker: OwnBrokerConfig,
  { secrets, metrics, log }: Omit<BusParts, 'config'>,
): Promise<OpenedBus> {
  const bus = await openLocalBroker({
    host: broker.host,
    port: broker.port,
    ...limitsOf(broker, secrets),
    log,
    onRefused: (reason) => metrics.mqttRefused.inc({ reason }),
    onUnclaimed: () => metrics.mqttUnclaimed.inc(),
  })
  let address: string | undefined
  return {
    ...bus,
    async listen() {
      const { host, port } = await bus.listen()
      address = hostPort(host, port)
      return address
    },
    state: () => (address === undefined ? { connected: false } : { connected: true, address }),
    use({ config, secrets: known }) {
      if (!('url' in config.broker)) bus.use(limitsOf(config.broker, known))
    },
  }
}

function limitsOf(
  { maxPacket, maxConnections, maxRetained }: OwnBrokerConfig,
  { credentials }: Secrets,
): BrokerLimits {
  return { credentials, maxPacketBytes: parseByteSize(maxPacket), maxConnections, maxRetained }
}

async function openExisting(
  broker: ExistingBrokerConfig,
  gateway: string,
  { secrets, log }: Omit<BusParts, 'config' | 'metrics'>,
): Promise<OpenedBus> {
  const { connectExistingBroker } = await import('#gateway/broker/existing-broker.ts')
  const bus = await connectExistingBroker({
    url: broker.url,
    clientId: `gateway-${gateway}`,
    log,
    ...(broker.username === undefined ? {} : { username: broker.username }),
    ...(secrets.brokerPassword === undefined ? {} : { password: secrets.brokerPassword }),
    ...(secrets.brokerCaFile === undefined ? {} : { caFile: secrets.brokerCaFile }),
  })
  let connected = false
  bus.watch((up) => {
    connected = up
  })
  return {
    ...bus,
    listen: () => Promise.resolve(broker.url),
    async close() {
      await bus[Symbol.asyncDispose]()
    },
    state: () => ({ connected, address: broker.url }),
    use: () => {},
  }
}
