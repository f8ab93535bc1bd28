import { X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { isIP, SocketAddress } from 'node:net'
import { join } from 'node:path'
import { AppError } from '#contract/errors.ts'
import type { Logger } from '#lib/logger.ts'
import { createAuthority, createServerCertificate, type KeyPair } from './certificates.ts'
import { keepPair, pairProblem, readIfThere, readPair } from './kept-pair.ts'
import type { TlsConfig } from './tls-config.ts'

export type TlsMaterial = {
  readonly cert: string
  readonly key: string
  /** What gateways trust. Absent when the certificate is the operator's own and no `caFile` was given. */
  readonly ca?: string
  /** The file gateways are given, where there is one. */
  readonly caFile?: string
}

export type OpenTlsOptions = {
  readonly config: TlsConfig
  /** `ca.pem`, `ca-key.pem`, `server.pem` and `server-key.pem` are kept here, readable by the owner only. */
  readonly folder: string
  readonly now: number
  readonly log: Logger
}

/** A server certificate is made anew when it is valid for less than this. */
const renewBeforeMs = 30 * 86_400_000
const always = ['localhost', '127.0.0.1', '::1']

/**
 * The operator's own certificate, or one the program makes itself. The authority is made once and kept, so that gateways
 * go on trusting the cloud. Throws AppError CONFIG_INVALID when files are missing, damaged or don't belong together.
 */
export async function openTls(options: OpenTlsOptions): Promise<TlsMaterial> {
  const { certFile, keyFile, caFile } = options.config
  if (certFile === undefined && keyFile === undefined) return openOwn(options)
  if (certFile === undefined || keyFile === undefined) {
    throw new AppError('CONFIG_INVALID', 'tls: certFile and keyFile go together, one of them is missing')
  }
  const pair = { cert: await readPem(certFile), key: await readPem(keyFile) }
  const problem = pairProblem(pair)
  if (problem !== undefined) throw new AppError('CONFIG_INVALID', `tls: ${certFile}: ${problem}`)
  return caFile === undefined ? pair : { ...pair, ca: await readPem(caFile), caFile }
}

async function openOwn({ config, folder, now, log }: OpenTlsOptions): Promise<TlsMaterial> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const caFile = join(folder, 'ca.pem')
  const place = { folder, name: 'ca', lossOf: 'every gateway needs a new ca.pem' }
  const authority =
    (await readPair(place)) ?? (await keepPair(place, await createAuthority('campus cloud CA', now)))
  const hosts = [...new Set([...always, ...config.hostNames])]
  const server = { folder, name: 'server' }
  const known = await readPair(server)
  const reason = known === undefined ? 'there is none' : renewReason(known, authority, hosts, now)
  if (known !== undefined && reason === undefined) return { ...known, ca: authority.cert, caFile }
  const made = await keepPair(server, await createServerCertificate(authority, hosts, now))
  log.info({ reason, hosts, folder }, 'server certificate made')
  return { ...made, ca: authority.cert, caFile }
}

/** Why a kept server certificate can't be used any longer. */
function renewReason(
  server: KeyPair,
  authority: KeyPair,
  hosts: readonly string[],
  now: number,
): string | undefined {
  const problem = pairProblem(server)
  if (problem !== undefined) return problem
  const certificate = new X509Certificate(server.cert)
  const ca = new X509Certificate(authority.cert)
  if (!certificate.checkIssued(ca) || !certificate.verify(ca.publicKey)) return 'signed by another authority'
  if (certificate.validToDate.getTime() - now < renewBeforeMs) return 'it expires soon'
  if (certificate.validFromDate.getTime() > now) return 'it is not valid yet'
  const wanted = hosts.map(normalHost).sort()
  return JSON.stringify(namesOf(certificate)) === JSON.stringify(wanted) ? undefined : 'host names changed'
}

function namesOf(certificate: X509Certificate): string[] {
  const names = certificate.subjectAltName?.split(', ') ?? []
  return names.map((name) => normalHost(name.slice(name.indexOf(':') + 1))).sort()
}

/** `0:0:0:0:0:0:0:1` and `::1` are the same address. */
function normalHost(host: string): string {
  return isIP(host) === 6 ? new SocketAddress({ address: host, family: 'ipv6' }).address : host.toLowerCase()
}

async function readPem(file: string): Promise<string> {
  const content = await readIfThere(file)
  if (content === undefined) throw new AppError('CONFIG_INVALID', `tls: there is no file ${file}`)
  return content
}
