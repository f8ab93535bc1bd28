import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
export type Reply = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Never says anything. */
  readonly silent?: boolean
}

/** Somebody else's server on a real socket: remembers what it was sent and answers what the test says. */
export async function startReceiver(reply: (request: Received) => Reply = () => ({})) {
  const received: Received[] = []
  let answer = reply
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = []
    for await (const part of incoming) parts.push(part as Buffer)
    const request = { path: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(parts) }
    received.push(request)
    const { status = 200, headers = {}, body = '', silent = false } = answer(request)
    if (!silent) outgoing.writeHead(status, headers).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    received,
    answers(next: (request: Received) => Reply): void {
      answer = next
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
