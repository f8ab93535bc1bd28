import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A cable between a client and a server that tests can damage. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Connections made so far. */
  readonly connections: number
  /** Bytes forwarded so far, both ways. */
  readonly bytes: number
  /**
   * Drops everything silently, both ways or one; sockets stay open, new connections are accepted and hear nothing.
   * `up`: what the client sends is lost. `down`: what the server answers is lost, so what arrived is never acknowledged.
   */
  cut(direction?: Direction): void
  /** New connections work again. Connections that lived through a cut stay dead: bytes of them are gone. */
  heal(): void
  /** Ends every connection with RST. */
  reset(): void
  /** Every chunk is forwarded this much later, and by chance up to `jitterMs` more; the order stays. */
  delay(ms: number, jitterMs?: number): void
  /**
   * Loss as programs on TCP know it: no byte is missing, but each chunk is held up with this chance, and everything
   * behind it, for as long as a retransmission takes (200 ms, doubled each time it is lost again).
   */
  lose(rate: number): void
  /**
   * Half-open connections: one side goes away without the other noticing, as when a router forgets or a machine is
   * switched off. `up`: the client is gone and the server believes in it. `down`: the other way round.
   */
  halfOpen(gone: Direction): void
  /** New connections go to this port from now on; without one to the first target again. */
  divert(port?: number): void
}

export type ProxyTarget = { readonly port: number; readonly host?: string; readonly listenOn?: string }

export type Direction = 'up' | 'down'

type Pair = { readonly sockets: readonly Socket[]; readonly dead: Set<Direction> }

const bothWays: readonly Direction[] = ['up', 'down']

export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let cutWays: readonly Direction[] = []
  let delayMs = 0
  let jitterMs = 0
  let lossRate = 0
  let targetPort = target.port
  let connections = 0
  let bytes = 0

  const server = createServer((client) => {
    connections++
    const upstream = cutWays.includes('up')
      ? undefined
      : createConnection({ port: targetPort, host: target.host ?? '127.0.0.1' })
    const pair: Pair = {
      sockets: upstream === undefined ? [client] : [client, upstream],
      dead: new Set(cutWays),
    }
    pairs.add(pair)
    for (const socket of pair.sockets) socket.on('error', () => {})
    // Bytes into a black hole are read, or the sender would notice by a full window.
    if (upstream === undefined) client.resume()
    else {
      forward(client, upstream, { pair, way: 'up' })
      forward(upstream, client, { pair, way: 'down' })
    }
    client.on('close', () => closed(pair))
    upstream?.on('close', () => closed(pair))
  })

  function forward(from: Socket, to: Socket, { pair, way }: { pair: Pair; way: Direction }): void {
    let order = Promise.resolve()
    from.on('data', (chunk) => {
      if (pair.dead.has(way)) return
      order = order.then(async () => {
        const waitMs = delayMs + jitterMs * Math.random() + retransmissionMs(lossRate)
        if (waitMs > 0) await sleep(waitMs)
        if (pair.dead.has(way) || to.destroyed) return
        bytes += chunk.length
        to.write(chunk)
      })
    })
    from.on('end', () => {
      if (!pair.dead.has(way)) order = order.then(() => void to.end())
    })
  }

  function closed(pair: Pair): void {
    // A dead pair's other end must not learn of it: that is what a black hole is.
    if (pair.dead.size > 0) return
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
    cut(direction) {
      cutWays = direction === undefined ? bothWays : [direction]
      for (const pair of pairs) for (const way of cutWays) pair.dead.add(way)
    },
    heal() {
      cutWays = []
    },
    reset() {
      for (const pair of pairs) for (const socket of pair.sockets) socket.resetAndDestroy()
      pairs.clear()
    },
    delay(ms, jitter = 0) {
      delayMs = ms
      jitterMs = jitter
    },
    lose(rate) {
      lossRate = rate
    },
    halfOpen(gone) {
      for (const pair of pairs) {
        for (const way of bothWays) pair.dead.add(way)
        const [client, upstream] = pair.sockets
        const socket = gone === 'up' ? client : upstream
        socket?.destroy()
      }
    },
    divert(port) {
      targetPort = port ?? target.port
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) for (const socket of pair.sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Linux sends a segment again after 200 ms at the earliest, and each time waits twice as long (RFC 6298 § 5.5). */
const firstRetransmissionMs = 200
const mostRetransmissions = 4

function retransmissionMs(lossRate: number): number {
  let waitMs = 0
  for (let n = 0; n < mostRetransmissions && Math.random() < lossRate; n++)
    waitMs += firstRetransmissionMs * 2 ** n
  return waitMs
}
