import { setTimeout as sleep } from 'node:timers/promises'
import { createServer, type TLSSocket, connect as tlsConnect } from 'node:tls'
import { generate, type Packet, parser } from 'mqtt-packet'

/**
 * When the copies of a message leave, in ms after it came: `[0]` at once, `[0, 300]` twice, `[500]` behind those that come
 * meanwhile. `channel` is the end of the topic: `up/live`, `down/ack`.
 */
export type Meddling = (channel: string) => readonly number[]

/** Somebody in the middle who reads MQTT inside TLS: repeats messages, and lets them overtake each other. */
export interface MqttProxy extends AsyncDisposable {
  readonly port: number
  /** Messages that did not go straight through. */
  readonly meddled: number
  meddle(with_: Meddling | undefined): void
}

export type MqttProxyOptions = {
  /** Of the server behind. */
  readonly port: number
  /** What the client trusts, and the certificate shown to it. PEM. */
  readonly ca: string
  readonly certificate: { readonly cert: string; readonly key: string }
}

const straight: Meddling = () => [0]

export async function startMqttProxy({ port, ca, certificate }: MqttProxyOptions): Promise<MqttProxy> {
  const sockets = new Set<TLSSocket>()
  let meddling = straight
  let meddled = 0

  const server = createServer({ ...certificate }, (client) => {
    const upstream = tlsConnect({ host: '127.0.0.1', port, ca })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    forward(client, upstream)
    forward(upstream, client)
  })
  server.on('tlsClientError', () => {})

  function forward(from: TLSSocket, to: TLSSocket): void {
    const read = parser({ protocolVersion: 4 })
    read.on('packet', (packet) => {
      const bytes = generate(packet)
      const delays = delaysOf(packet)
      if (delays.length !== 1 || delays[0] !== 0) meddled++
      for (const ms of delays) {
        if (ms === 0) to.write(bytes)
        else void sleep(ms).then(() => to.writable && to.write(bytes))
      }
    })
    read.on('error', (error: Error) => from.destroy(error))
    from.on('data', (chunk: Buffer) => void read.parse(chunk))
    from.on('end', () => to.end())
  }

  function delaysOf(packet: Packet): readonly number[] {
    if (packet.cmd !== 'publish') return [0]
    return meddling(packet.topic.split('/').slice(-2).join('/'))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    get meddled() {
      return meddled
    },
    meddle(with_) {
      meddling = with_ ?? straight
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
