import { createServer, type TLSSocket } from 'node:tls'

export type TlsListenerOptions = {
  readonly host: string
  /** 0: a free one; see `address`. */
  readonly port: number
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string }
  readonly maxConnections: number
  readonly onConnection: (socket: TLSSocket) => void
  readonly onHandshakeError: (remote: string | undefined, error: Error) => void
}

export interface TlsListener {
  readonly address: { readonly host: string; readonly port: number }
  /** From now on nobody new is let in. Resolves when the last socket is closed. */
  stopListening(): Promise<void>
  cutAll(): void
}

/** Resolves when it listens; rejects when the port is taken or the certificate is no good. */
export async function listenTls(options: TlsListenerOptions): Promise<TlsListener> {
  const { host, port, tls, maxConnections, onConnection, onHandshakeError } = options
  const sockets = new Set<TLSSocket>()
  const server = createServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 })
  server.maxConnections = maxConnections
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.on('tlsClientError', (error, socket) => onHandshakeError(socket.remoteAddress, error))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    address: { host, port: typeof address === 'object' && address !== null ? address.port : port },
    stopListening: () => new Promise<void>((resolve) => server.close(() => resolve())),
    cutAll() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
