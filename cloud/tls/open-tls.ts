import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { isIP, SocketAddress } from 'node:net'
import { join } from 'node:path'
import { AppError } from '#contract/errors.ts'
import type { Logger } from '#lib/logger.ts'
import { createAuthority, createServerCertificate, type KeyPair } from './certificates.ts'
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
  const authority =
    (await readPair(folder, 'ca')) ??
    (await keep(folder, 'ca', await createAuthority('campus cloud CA', now)))
  const hosts = [...new Set([...always, ...config.hostNames])]
  const known = await readPair(folder, 'server')
  const reason = known === undefined ? 'there is none' : renewReason(known, authority, hosts, now)
  if (known !== undefined && reason === undefined) return { ...known, ca: authority.cert, caFile }
  const server = await keep(folder, 'server', await createServerCertificate(authority, hosts, now))
  log.info({ reason, hosts, folder }, 'server certificate made')
  return { ...server, ca: authority.cert, caFile }
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

/** Undefined when there is neither file. One without the other, or a damaged one, is for a person to look at. */
async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const files = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)] as const
  const [cert, key] = await Promise.all(files.map(readIfThere))
  if (cert === undefined && key === undefined) return undefined
  if (name === 'server' && (cert === undefined || key === undefined)) return undefined
  const problem =
    cert === undefined || key === undefined ? 'its other half is missing' : pairProblem({ cert, key })
  if (cert === undefined || key === undefined || (problem !== undefined && name === 'ca')) {
    const [certFile] = files
    throw new AppError(
      'CONFIG_INVALID',
      `tls: ${certFile}: ${problem}. Put the right files back; without them every gateway needs a new ca.pem`,
    )
  }
  return { cert, key }
}

function pairProblem({ cert, key }: KeyPair): string | undefined {
  try {
    const matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    return matches ? undefined : 'the key does not belong to the certificate'
  } catch (error) {
    return `not readable as PEM: ${error instanceof Error ? error.message : String(error)}`
  }
}

async function keep(folder: string, name: string, pair: KeyPair): Promise<KeyPair> {
  // The key first: a certificate in place means that its key is there too.
  await replace(join(folder, `${name}-key.pem`), pair.key)
  await replace(join(folder, `${name}.pem`), pair.cert)
  return pair
}

/** Written beside and renamed, so that a crash leaves the old file or the new one. */
async function replace(file: string, content: string): Promise<void> {
  const next = `${file}.new`
  await writeFile(next, `${content}\n`, { mode: 0o600, flush: true })
  await chmod(next, 0o600)
  await rename(next, file)
}

async function readPem(file: string): Promise<string> {
  const content = await readIfThere(file)
  if (content === undefined) throw new AppError('CONFIG_INVALID', `tls: there is no file ${file}`)
  return content
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, cause)
  }
}

function unreadable(file: string, cause: unknown): AppError {
  return new AppError('CONFIG_INVALID', `tls: ${file} can't be read`, { cause })
}
