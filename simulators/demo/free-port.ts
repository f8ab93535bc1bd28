import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which the system takes ports for outgoing connections, so that a port stays free until used. */
const lowest = 20_000
const highest = 32_000
const attempts = 100

/** True when a server could listen there now. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** A port for a server that is started later, or started again, on the same port. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = randomInt(lowest, highest)
    if (await isPortFree(host, port)) return port
  }
  throw new Error(`no free port on ${host} between ${lowest} and ${highest}`)
}
