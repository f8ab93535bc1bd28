import { isIP, type Socket, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { backoffMs } from '#lib/backoff.ts'
import type { UplinkSettings } from './uplink-config.ts'

/** While nobody answers, another attempt joins the waiting ones after about this long. */
const nextAttempt = { firstMs: 500, maxMs: 500 }

/**
 * A connection to the cloud, encrypted and checked. An attempt that began while the link was dead may hang long after it
 * came back, so fresh ones join it and the first to succeed wins; the others are destroyed. Rejects with the first
 * error that says something, or when nobody answered in time.
 */
export async function dial(settings: UplinkSettings, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const attempts = new Set<Socket>()
  let next: NodeJS.Timeout | undefined

  function attempt(): void {
    const socket = openSocket(settings, () => {
      attempts.delete(socket)
      resolve(socket)
    })
    attempts.add(socket)
    // Stays after success: an error before the owner listens must not end the process.
    socket.on('error', reject)
    next = setTimeout(attempt, backoffMs(0, nextAttempt))
  }

  const { connectTimeoutMs } = settings
  const overdue = setTimeout(() => reject(noAnswer(connectTimeoutMs)), connectTimeoutMs)
  const onAbort = () => reject(new Error('stopped'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    if (signal.aborted) onAbort()
    else attempt()
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    clearTimeout(overdue)
    clearTimeout(next)
    for (const socket of attempts) socket.destroy()
  }
}

function noAnswer(ms: number): Error {
  return Object.assign(new Error(`no answer within ${ms} ms`), { code: 'ETIMEDOUT' })
}

function openSocket({ url, ca, cert, key }: UplinkSettings, onReady: () => void): Socket {
  const { protocol, hostname, port } = new URL(url)
  // A URL keeps the brackets of an IPv6 address, sockets do not want them.
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const isTls = protocol === 'mqtts:'
  const address = { host, port: Number(port) || (isTls ? 8883 : 1883), noDelay: true }
  if (!isTls) return tcpConnect(address, onReady)
  // Addresses are no server names (RFC 6066 § 3); the certificate is checked against the address all the same.
  const name = isIP(host) === 0 ? { servername: host } : {}
  const trust = ca === undefined ? {} : { ca }
  const identity = cert === undefined || key === undefined ? {} : { cert, key }
  return tlsConnect({ ...address, ...name, ...trust, ...identity, rejectUnauthorized: true }, onReady)
}
