/** One MQTT connection to the cloud, from the first packet to the last. The only file that names mqtt.js. */
import { type IClientOptions, MqttClient } from 'mqtt'
import type { StateMessage } from '#contract/gateway-state.ts'
import { encodeJson } from '#contract/messages.ts'
import { downTopic, type UpChannel, upTopic } from '#contract/topics.ts'
import type { Clock } from '#lib/clock.ts'
import { dial } from './dial.ts'
import { SilentLink } from './silent-link.ts'
import type { UplinkSettings } from './uplink-config.ts'

export type LinkOptions = {
  readonly settings: UplinkSettings
  readonly gateway: string
  /** Published by the broker when the connection dies. */
  readonly will: StateMessage
  readonly clock: Clock
  onDelivery(bytes: Uint8Array): void
  onCommand(bytes: Uint8Array): void
  onRequest(bytes: Uint8Array): void
  onConfig(bytes: Uint8Array): void
  onCalendar(bytes: Uint8Array): void
}

export interface Link {
  /** Hands the message to the socket. PUBACK is of no interest: only the cloud's own `ack` counts. */
  publish(channel: UpChannel, bytes: Uint8Array): void
  /** Asks for a sign of life. */
  ping(): void
  /** Monotonic time of the last packet that came in. */
  lastHeardAt(): number
  /** Resolves with the reason when the connection is over, whoever ended it. Never rejects. */
  readonly ended: Promise<Error>
  /** Drops the socket at once; waits for nothing and nobody. */
  destroy(reason: Error): void
  /** Sends `last` and takes leave; gives up after a second. */
  close(last: StateMessage): Promise<void>
}

/** Resolves when connected and subscribed. Rejects with what the network, TLS or the broker said, or after the timeout. */
export async function openLink(options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const { settings, gateway, clock } = options
  const socket = await dial(settings, signal)
  const client = new MqttClient(() => socket, clientOptions(options))
  const { promise: opened, resolve, reject } = Promise.withResolvers<Link>()
  const { promise: ended, resolve: end } = Promise.withResolvers<Error>()
  let lastHeardAt = clock.monotonic()
  let firstError: Error | undefined

  // The socket stands: from here on silence is a dead link, not a slow way.
  const openWithinMs = Math.min(settings.connectTimeoutMs, 2 * settings.keepAliveMs)
  const overdue = setTimeout(
    () => destroy(new SilentLink(`no answer to CONNECT within ${openWithinMs} ms`)),
    openWithinMs,
  )
  const onAbort = () => destroy(new Error('stopped'))
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })

  client.on('packetreceive', () => {
    lastHeardAt = clock.monotonic()
  })
  client.on('error', (error) => {
    firstError ??= error
    destroy(error)
  })
  client.on('close', () => finish(firstError ?? new Error('the cloud closed the connection')))
  client.on('connect', () => subscribe())
  // Before `message`, and for every message; the callback lets the client go on with the next packet.
  client.handleMessage = (packet, done) => {
    if (packet.topic === downTopic(gateway, 'ack')) options.onDelivery(packet.payload as Uint8Array)
    else if (packet.topic === downTopic(gateway, 'command')) options.onCommand(packet.payload as Uint8Array)
    else if (packet.topic === downTopic(gateway, 'request')) options.onRequest(packet.payload as Uint8Array)
    else if (packet.topic === downTopic(gateway, 'config')) options.onConfig(packet.payload as Uint8Array)
    else if (packet.topic === downTopic(gateway, 'calendar')) options.onCalendar(packet.payload as Uint8Array)
    done()
  }

  function subscribe(): void {
    const topics = (['ack', 'command', 'request', 'config', 'calendar'] as const).map((channel) =>
      downTopic(gateway, channel),
    )
    client.subscribe(topics, { qos: 1 }, (error, granted) => {
      const refused = granted?.find(({ qos }) => qos === 128)
      if (error !== null) destroy(error)
      else if (refused !== undefined)
        destroy(new Error(`the cloud refused the subscription ${refused.topic}`))
      else {
        clearTimeout(overdue)
        resolve(link)
      }
    })
  }

  function finish(reason: Error): void {
    clearTimeout(overdue)
    signal.removeEventListener('abort', onAbort)
    reject(reason)
    end(reason)
  }

  function destroy(reason: Error): void {
    firstError ??= reason
    client.end(true)
    // `end` may wait for a socket that never says anything again.
    socket.destroy()
    finish(firstError)
  }

  const link: Link = {
    publish(channel, bytes) {
      // Errors of single messages end the connection and are seen there.
      client.publish(upTopic(gateway, channel), bytes as Buffer, { qos: 1 }, () => {})
    },
    ping() {
      if (client.connected) client.sendPing()
    },
    lastHeardAt: () => lastHeardAt,
    ended,
    destroy,
    async close(last) {
      const told = new Promise<void>((resolve) => {
        client.publish(upTopic(gateway, 'state'), encodeJson(last) as Buffer, { qos: 1 }, () => resolve())
      })
      await Promise.race([told, ended, clock.sleep(1_000)])
      await Promise.race([client.endAsync(), ended, clock.sleep(500)])
      destroy(new Error('stopped'))
    },
  }
  return opened
}

function clientOptions({ settings, gateway, will }: LinkOptions): IClientOptions {
  return {
    protocolVersion: 4,
    clean: true,
    clientId: gateway,
    username: gateway,
    ...(settings.token === undefined ? {} : { password: settings.token }),
    keepalive: Math.max(1, Math.ceil(settings.keepAliveMs / 1000)),
    // The session pings and watches by itself: mqtt.js counts only pings, not other traffic, as a sign of life.
    timerVariant: { set: () => 0, clear: () => {} },
    reconnectPeriod: 0,
    connectTimeout: settings.connectTimeoutMs,
    will: {
      topic: upTopic(gateway, 'state'),
      payload: Buffer.from(encodeJson(will)),
      qos: 1,
      retain: false,
    },
  }
}
