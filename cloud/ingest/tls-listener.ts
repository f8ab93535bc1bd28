import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'

/** PEM. */
export type ListenerTls = {
  readonly key: string
  readonly cert: string
  /** Sent along, so that a gateway that knows its fingerprint can learn to trust it. */
  readonly ca?: string
  /** The authority of the certificates that clients may show. */
  readonly clientCa?: string
}

export type TlsListenerOptions = {
  readonly host: string
  /** 0: a free one; see `address`. */
  readonly port: number
  readonly tls: ListenerTls
  readonly maxConnections: number
  readonly onConnection: (socket: TLSSocket) => void
  /** A client that wants to speak HTTP: how gateways are enrolled before they may speak MQTT. */
  readonly onHttp?: ((socket: TLSSocket) => void) | undefined
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
  const { host, port, tls, maxConnections, onConnection, onHttp, onHandshakeError } = options
  const sockets = new Set<TLSSocket>()
  const server = createServer(serverOptions(tls))
  server.maxConnections = maxConnections
  server.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
    // An error before its owner listens must not end the process.
    socket.on('error', () => {})
    if (socket.alpnProtocol !== 'http/1.1') onConnection(socket)
    else if (onHttp === undefined) socket.destroy()
    else onHttp(socket)
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

/** Clients are asked for a certificate and need none: who is let in by what is decided when they sign in. */
function serverOptions({ key, cert, ca, clientCa }: ListenerTls): TlsOptions {
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }
  return {
    key,
    cert: ca === undefined ? cert : `${cert.trimEnd()}\n${ca}`,
    ...clients,
    minVersion: 'TLSv1.2',
    handshakeTimeout: 10_000,
    ALPNProtocols: ['mqtt', 'http/1.1'],
  }
}
