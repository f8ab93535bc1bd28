import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which the system takes ports for outgoing connections, so that a port stays free until used. */
const lowest = 20_000
const highest = 32_000
const attempts = 100

/** Why a server could not listen there now: `EADDRINUSE`, `EADDRNOTAVAIL`, …; `undefined` when it could. */
export async function whyNotFree(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
  server.close()
  await once(server, 'close')
  return undefined
}

/** Whoever was given one may not listen on it yet. */
const given = new Set<number>()

/** A port for a server that is started later, or started again, on the same port. No port is given twice in one process. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowest, highest)
    if (given.has(port)) continue
    given.add(port)
    if ((await whyNotFree(host, port)) === undefined) return port
  }
  throw new Error(`no free port on ${host} between ${lowest} and ${highest}`)
}
