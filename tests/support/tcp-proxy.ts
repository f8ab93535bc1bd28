import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A cable between a client and a server that tests can damage. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Connections made so far. */
  readonly connections: number
  /** Bytes forwarded so far, both ways. */
  readonly bytes: number
  /** Drops everything silently, both ways; sockets stay open, new connections are accepted and hear nothing. */
  cut(): void
  /** New connections work again. Connections that lived through a cut stay dead: bytes of them are gone. */
  heal(): void
  /** Ends every connection with RST. */
  reset(): void
  /** Every chunk is forwarded this much later. */
  delay(ms: number): void
}

export type ProxyTarget = { readonly port: number; readonly host?: string; readonly listenOn?: string }

type Pair = { readonly sockets: readonly Socket[]; isDead: boolean }

export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let isCut = false
  let delayMs = 0
  let connections = 0
  let bytes = 0

  const server = createServer((client) => {
    connections++
    const upstream = isCut
      ? undefined
      : createConnection({ port: target.port, host: target.host ?? '127.0.0.1' })
    const pair: Pair = { sockets: upstream === undefined ? [client] : [client, upstream], isDead: isCut }
    pairs.add(pair)
    for (const socket of pair.sockets) socket.on('error', () => {})
    // Bytes into a black hole are read, or the sender would notice by a full window.
    if (upstream === undefined) client.resume()
    else {
      forward(client, upstream, pair)
      forward(upstream, client, pair)
    }
    client.on('close', () => closed(pair))
    upstream?.on('close', () => closed(pair))
  })

  function forward(from: Socket, to: Socket, pair: Pair): void {
    let order = Promise.resolve()
    from.on('data', (chunk) => {
      if (pair.isDead) return
      order = order.then(async () => {
        if (delayMs > 0) await sleep(delayMs)
        if (pair.isDead || to.destroyed) return
        bytes += chunk.length
        to.write(chunk)
      })
    })
    from.on('end', () => {
      if (!pair.isDead) order = order.then(() => void to.end())
    })
  }

  function closed(pair: Pair): void {
    // A dead pair's other end must not learn of it: that is what a black hole is.
    if (pair.isDead) return
    pairs.delete(pair)
    for (const socket of pair.sockets) socket.destroy()
  }

  await new Promise<void>((resolve) => server.listen(0, target.listenOn ?? '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  return {
    port: address.port,
    get connections() {
      return connections
    },
    get bytes() {
      return bytes
    },
    cut() {
      isCut = true
      for (const pair of pairs) pair.isDead = true
    },
    heal() {
      isCut = false
    },
    reset() {
      for (const pair of pairs) for (const socket of pair.sockets) socket.resetAndDestroy()
      pairs.clear()
    },
    delay(ms) {
      delayMs = ms
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) for (const socket of pair.sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
