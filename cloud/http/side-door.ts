import type { Server as HttpServer } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { AppError } from '#contract/errors.ts'
import type { App } from './app.ts'

/**
 * Connections that come in by the port of the gateways and speak HTTP. They reach a few paths and nothing else of the API, and
 * no proxy stands before that port.
 */
export class SideDoor {
  readonly #paths: readonly string[]
  readonly #sockets = new WeakSet<object>()

  constructor(paths: readonly string[]) {
    this.#paths = paths
  }

  /** Hands the connection to the server as if it had come in by its own port. */
  admit(app: App, socket: TLSSocket): void {
    this.#sockets.add(socket)
    const server = app.server as HttpServer
    // An https server takes its connections from here on, after the handshake.
    server.emit('setSecureContext' in server ? 'secureConnection' : 'connection', socket)
  }

  /** The connection of a request when it came by this door. */
  socketOf({ raw }: { readonly raw: { readonly socket: object } }): TLSSocket | undefined {
    return this.#sockets.has(raw.socket) ? (raw.socket as TLSSocket) : undefined
  }

  /** Before every other hook. */
  guard(app: App): void {
    app.addHook('onRequest', async (request) => {
      if (this.socketOf(request) === undefined) return
      for (const name of Object.keys(request.raw.headers))
        if (name.startsWith('x-forwarded-')) delete request.raw.headers[name]
      const [path = ''] = request.url.split('?')
      if (!this.#paths.includes(path)) throw new AppError('NOT_FOUND', `there is no ${path} at this port`)
    })
  }
}
