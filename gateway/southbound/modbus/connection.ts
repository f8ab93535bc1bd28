import { connect, type Socket } from 'node:net'
import { AppError } from '#contract/errors.ts'
import { addressOf, type TcpLine } from './bus-config.ts'

const defaultConnectTimeoutMs = 5000
const keepAliveMs = 10_000

/** An open socket, or AppError LINK_DOWN. The caller owns it. Works for IPv4, IPv6 and names alike. */
export function openSocket(config: TcpLine, signal: AbortSignal): Promise<Socket> {
  const { id, host, port, connectTimeoutMs = defaultConnectTimeoutMs } = config
  const where = `bus ${id} at ${addressOf(config)}`
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs })
    const timer = setTimeout(() => fail(`no connection within ${connectTimeoutMs} ms`), connectTimeoutMs)
    const stop = () => fail('stopped')

    function settle(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      socket.removeListener('error', onError)
      socket.removeListener('connect', onConnect)
    }
    function fail(reason: string, cause?: Error): void {
      settle()
      socket.on('error', () => {}) // a second error of a socket we have already given up
      socket.destroy()
      reject(new AppError('LINK_DOWN', `${where}: ${reason}`, { cause, details: { bus: id } }))
    }
    function onError(error: NodeJS.ErrnoException): void {
      fail(error.code ?? error.message, error)
    }
    function onConnect(): void {
      settle()
      resolve(socket)
    }
    socket.once('error', onError)
    socket.once('connect', onConnect)
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
  })
}
