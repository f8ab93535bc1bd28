import { createHash, timingSafeEqual } from 'node:crypto'
import { access, constants } from 'node:fs/promises'
import { leastRetentionMs } from '#cloud/audit/audit-config.ts'
import type { SmtpOptions } from '#cloud/notifications/channels/email-sender.ts'
import { loadSmtp } from '#cloud/notifications/load-smtp.ts'
import type { InfluxServerOptions } from '#cloud/telemetry/influx/influx-server.ts'
import { signInProblems } from '#cloud/users/sign-in-problems.ts'
import type { Path } from '#lib/explain.ts'
import {
  besideConfig,
  type ConfigProblem,
  type Environment,
  type LineOf,
  loadConfig,
  problemAt,
  readSecretFile,
} from '#lib/load-config.ts'
import { parseDuration } from '#lib/quantity.ts'
import { CloudConfig } from './config.ts'

/** A configuration whose files were found and read. */
export type CloudSettings = {
  readonly config: CloudConfig
  /** SHA-256 of each gateway's token, hex. */
  readonly tokenHashes: ReadonlyMap<string, string>
  /** With what to sign in at InfluxDB, where telemetry is kept there and asks for it. */
  readonly telemetryLogin: InfluxServerOptions['login']
  /** Who takes our mail, where there is one. */
  readonly smtp: SmtpOptions | undefined
  /** Of sign-in services that have one, by their id. */
  readonly providerSecrets: ReadonlyMap<string, string>
}

export type LoadedCloud =
  | { readonly ok: true; readonly value: CloudSettings }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

const minTokenLength = 16

/** Reads cloud.yaml and the files it names, and makes every path absolute. All problems at once; never throws for them. */
export async function loadCloudConfig(file: string, env: Environment): Promise<LoadedCloud> {
  const loaded = await loadConfig({ file, schema: CloudConfig, env })
  if (!loaded.ok) return loaded
  const config = withAbsolutePaths(file, loaded.value)
  const { tokenHashes, problems } = await readTokens(file, config, loaded.lineOf)
  const telemetryLogin = await readTelemetryLogin(file, config, (path, message) =>
    problems.push(problemAt(path, message, loaded.lineOf)),
  )
  const smtp = await loadSmtp(file, config.notifications.smtp, (path, message) =>
    problems.push(problemAt(path, message, loaded.lineOf)),
  )
  const providerSecrets = await readProviderSecrets(file, config, (path, message) =>
    problems.push(problemAt(path, message, loaded.lineOf)),
  )
  problems.push(
    ...signInProblems(config).map(({ path, message }) => problemAt(path, message, loaded.lineOf)),
    ...retentionProblems(config, loaded.lineOf),
    ...nameProblems(config, loaded.lineOf),
    ...(await fileProblems(config, loaded.lineOf)),
  )
  if (problems.length > 0)
    return { ok: false, problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)) }
  return { ok: true, value: { config, tokenHashes, telemetryLogin, smtp, providerSecrets } }
}

function withAbsolutePaths(file: string, config: CloudConfig): CloudConfig {
  const { http, tls } = config
  const absolute = (path: string) => besideConfig(file, path)
  const httpTls = http.tls && { certFile: absolute(http.tls.certFile), keyFile: absolute(http.tls.keyFile) }
  return {
    ...config,
    data: absolute(config.data),
    http: { ...http, ...(httpTls === undefined ? {} : { tls: httpTls }) },
    tls: {
      ...tls,
      ...(tls.certFile === undefined ? {} : { certFile: absolute(tls.certFile) }),
      ...(tls.keyFile === undefined ? {} : { keyFile: absolute(tls.keyFile) }),
      ...(tls.caFile === undefined ? {} : { caFile: absolute(tls.caFile) }),
    },
  }
}

async function readTokens(file: string, { gateways }: CloudConfig, lineOf: LineOf) {
  const tokenHashes = new Map<string, string>()
  const problems: ConfigProblem[] = []
  for (const [index, { id, tokenFile }] of gateways.entries()) {
    const path: Path = ['gateways', index, 'tokenFile']
    try {
      const token = await readSecretFile(file, tokenFile)
      if (token.length < minTokenLength) {
        problems.push(
          problemAt(path, `the token in ${tokenFile} is shorter than ${minTokenLength} characters`, lineOf),
        )
      }
      tokenHashes.set(id, hashToken(token))
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error)
      problems.push(problemAt(path, `cannot read ${tokenFile} (${reason})`, lineOf))
    }
  }
  return { tokenHashes, problems }
}

async function readTelemetryLogin(
  file: string,
  { telemetry: { influxdb = {} as NonNullable<CloudConfig['telemetry']['influxdb']> } }: CloudConfig,
  note: (path: Path, message: string) => void,
): Promise<CloudSettings['telemetryLogin']> {
  const { tokenFile, username, passwordFile } = influxdb
  const at = (key: string): Path => ['telemetry', 'influxdb', key]
  const read = (key: string, name: string) =>
    readSecretFile(file, name).catch((error: NodeJS.ErrnoException) => {
      note(at(key), `cannot read ${name} (${error.code ?? error.message})`)
      return ''
    })
  if (tokenFile !== undefined && username !== undefined) {
    note(at('tokenFile'), 'a token or a username with a passwordFile, not both')
  }
  if ((username === undefined) !== (passwordFile === undefined)) {
    note(at('username'), 'username and passwordFile go together')
  }
  if (tokenFile !== undefined) return { token: await read('tokenFile', tokenFile) }
  if (username === undefined || passwordFile === undefined) return undefined
  return { username, password: await read('passwordFile', passwordFile) }
}

async function readProviderSecrets(
  file: string,
  { signIn: { oidc } }: CloudConfig,
  note: (path: Path, message: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map<string, string>()
  for (const [index, { id, clientSecretFile }] of oidc.entries()) {
    if (clientSecretFile === undefined) continue
    const secret = await readSecretFile(file, clientSecretFile).catch((error: NodeJS.ErrnoException) => {
      note(
        ['signIn', 'oidc', index, 'clientSecretFile'],
        `cannot read ${clientSecretFile} (${error.code ?? error.message})`,
      )
      return ''
    })
    secrets.set(id, secret)
  }
  return secrets
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Compares in constant time; nobody has the token of a gateway without a hash. */
export function isToken(token: string, hash: string | undefined): boolean {
  const [given, known] = [Buffer.from(hashToken(token)), Buffer.from(hash ?? '')]
  return given.length === known.length && timingSafeEqual(given, known)
}

/** Pure. */
function retentionProblems({ retention }: CloudConfig, lineOf: LineOf): ConfigProblem[] {
  if (parseDuration(retention.audit) >= leastRetentionMs) return []
  const law = 'the law (网络安全法 Art. 23(3)) wants logs kept for at least six months'
  return [
    problemAt(['retention', 'audit'], `expected at least 180d, found ${retention.audit}: ${law}`, lineOf),
  ]
}

/** Ids that are there twice or lead nowhere. Pure. */
function nameProblems({ gateways, campuses, bureau }: CloudConfig, lineOf: LineOf): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const once = (seen: Set<string>, id: string, path: Path) => {
    if (seen.has(id)) problems.push(problemAt(path, `${id} is there already`, lineOf))
    seen.add(id)
  }
  const gatewayIds = new Set<string>()
  for (const [index, { id }] of gateways.entries()) once(gatewayIds, id, ['gateways', index, 'id'])
  const places = new Set(bureau === undefined ? [] : [bureau.id])
  const placed = new Set<string>()
  for (const [index, campus] of campuses.entries()) {
    once(places, campus.id, ['campuses', index, 'id'])
    for (const [position, gateway] of campus.gateways.entries()) {
      const path: Path = ['campuses', index, 'gateways', position]
      once(placed, gateway, path)
      if (!gatewayIds.has(gateway))
        problems.push(problemAt(path, `there is no gateway ${gateway} under gateways`, lineOf))
    }
  }
  return problems
}

async function fileProblems({ http, tls }: CloudConfig, lineOf: LineOf): Promise<ConfigProblem[]> {
  const named: [Path, string | undefined][] = [
    [['http', 'tls', 'certFile'], http.tls?.certFile],
    [['http', 'tls', 'keyFile'], http.tls?.keyFile],
    [['tls', 'certFile'], tls.certFile],
    [['tls', 'keyFile'], tls.keyFile],
    [['tls', 'caFile'], tls.caFile],
  ]
  const found = await Promise.all(
    named.map(async ([path, file]) => {
      if (file === undefined) return []
      const reason = await access(file, constants.R_OK).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      )
      return reason === undefined ? [] : [problemAt(path, `cannot read ${file} (${reason})`, lineOf)]
    }),
  )
  const pair = (tls.certFile === undefined) === (tls.keyFile === undefined)
  return [...found.flat(), ...(pair ? [] : [problemAt(['tls'], 'certFile and keyFile go together', lineOf)])]
}
