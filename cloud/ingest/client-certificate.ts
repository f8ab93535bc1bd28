import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from './message-source.ts'

/** `problem`: it showed one that our authority did not issue for this purpose, or that is too old. */
export type ShownCertificate =
  | { readonly kind: 'none' }
  | { readonly kind: 'good'; readonly certificate: ClientCertificate }
  | { readonly kind: 'bad'; readonly problem: string }

/** What the other side of the connection showed in the handshake. */
export function shownCertificate(socket: TLSSocket): ShownCertificate {
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate === undefined) return { kind: 'none' }
  if (!socket.authorized) return { kind: 'bad', problem: String(socket.authorizationError) }
  const gateway = /^CN=(\S+)$/.exec(certificate.subject)?.[1]
  if (gateway === undefined)
    return { kind: 'bad', problem: `unexpected subject ${certificate.subject.slice(0, 100)}` }
  return { kind: 'good', certificate: { gateway, serial: certificate.serialNumber } }
}
