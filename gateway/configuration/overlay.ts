/** What the cloud keeps of a configuration, laid over the gateway's own file before defaults and schema. Pure. */
import type { ConfigContent } from '#contract/configuration.ts'
import { entryKey } from '#lib/entry-key.ts'
import { closest, type Finding, type Path } from '#lib/explain.ts'

/**
 * The sections that may come from the cloud: a list replaces that of the own file, of a map only these fields may be given
 * and each replaces its own. What could lock the gateway out or belongs to the machine is not here; a later section is one
 * more line.
 */
export const managedSections: Readonly<Record<string, 'list' | readonly string[]>> = {
  buses: 'list',
  devices: 'list',
  rules: 'list',
  interlocks: 'list',
  commands: ['timeout', 'maxInHand'],
  outbox: [
    'diskBudget',
    'memoryBudgetSamples',
    'commitEvery',
    'commitSamples',
    'backfillSamples',
    'dropFirst',
  ],
  broker: ['credentials', 'maxPacket', 'maxConnections', 'maxRetained'],
  cloud: ['keepAlive', 'connectTimeout', 'statusEvery', 'reconnectMax'],
}

type Raw = Readonly<Record<string, unknown>>

export type OverlayContext = {
  /** Where a `secret` lies, as a file of that name. Absent: nobody looks, as in the cloud. */
  readonly secretsFolder?: string
  /** Of the file of added devices: a device that the cloud took over keeps its password. */
  readonly added?: readonly Raw[]
  /** Entries that are left out, see `entryKey`. */
  readonly without?: ReadonlySet<string>
}

export type Overlaid = { readonly value: Raw; readonly findings: readonly Finding[] }

export function overlay(own: Raw, content: ConfigContent, context: OverlayContext = {}): Overlaid {
  const findings: Finding[] = []
  const value: Record<string, unknown> = { ...own }
  for (const [section, given] of Object.entries(content)) {
    const kind = Object.hasOwn(managedSections, section) ? managedSections[section] : undefined
    if (kind === undefined) findings.push({ path: [section], message: notManaged(section) })
    else if (kind === 'list') value[section] = given
    else if (!isMap(given)) findings.push({ path: [section], message: 'expected a map' })
    else value[section] = fieldsOver(section, kind, { own: own[section], given, findings, context })
  }
  if (Array.isArray(content.devices)) {
    const known = [...listOf(own.devices), ...(context.added ?? [])]
    value.devices = content.devices.map((one: unknown, index) =>
      isMap(one)
        ? withSecret(one, findSame(one, known, 'id'), { context, note: noter(findings, ['devices', index]) })
        : one,
    )
  }
  for (const section of Object.keys(managedSections)) {
    const list = value[section]
    if (Array.isArray(list)) value[section] = kept(section, list, context.without)
  }
  return { value, findings }
}

/** The same sections as a file has them, for somebody elsewhere: without passwords and where they lie. */
export function ownContent(own: Raw, added: readonly Raw[]): ConfigContent {
  const content: Record<string, unknown> = {}
  for (const [section, kind] of Object.entries(managedSections)) {
    const given = own[section]
    if (kind === 'list' && Array.isArray(given)) content[section] = given.map(withoutSecrets)
    if (kind !== 'list' && isMap(given)) {
      const fields = Object.entries(given).filter(([name]) => kind.includes(name))
      if (fields.length > 0) content[section] = Object.fromEntries(fields)
    }
  }
  const { broker } = content
  if (isMap(broker) && Array.isArray(broker.credentials))
    content.broker = { ...broker, credentials: broker.credentials.map(withoutSecrets) }
  if (added.length > 0) content.added = added.map(withoutSecrets)
  return content
}

/** Whether what stands at `path` came from the cloud. */
export function isFrom(content: ConfigContent, [section = '', field]: Path): boolean {
  const given = content[section]
  if (given === undefined) return false
  if (managedSections[String(section)] === 'list' || field === undefined) return true
  return isMap(given) && given[field] !== undefined
}

export function kept(
  section: string,
  list: readonly unknown[],
  without: ReadonlySet<string> | undefined,
): readonly unknown[] {
  if (without === undefined || without.size === 0) return list
  return list.filter((entry) => !without.has(entryKey(section, entry)))
}

/** The content without what is left out. */
export function contentWithout(content: ConfigContent, without: ReadonlySet<string>): ConfigContent {
  if (without.size === 0) return content
  const sections = Object.entries(content).flatMap(([section, given]): [string, unknown][] => {
    if (without.has(entryKey(section, given))) return []
    if (Array.isArray(given)) return [[section, kept(section, given, without)]]
    if (!isMap(given)) return [[section, given]]
    const fields = Object.entries(given).filter(
      ([name, value]) => !without.has(entryKey(`${section}.${name}`, value)),
    )
    return [[section, Object.fromEntries(fields)]]
  })
  return Object.fromEntries(sections)
}

type Fields = {
  readonly own: unknown
  readonly given: Raw
  readonly findings: Finding[]
  readonly context: OverlayContext
}

function fieldsOver(
  section: string,
  allowed: readonly string[],
  { own, given, findings, context }: Fields,
): Raw {
  for (const field of Object.keys(given).filter((one) => !allowed.includes(one))) {
    const close = closest(field, allowed)
    const hint = close === undefined ? `; from here: ${allowed.join(', ')}` : `; did you mean ${close}?`
    findings.push({ path: [section, field], message: `not changed from the cloud${hint}` })
  }
  const known = isMap(own) ? own : {}
  const merged: Record<string, unknown> = { ...known }
  for (const field of allowed) if (given[field] !== undefined) merged[field] = given[field]
  const { credentials } = given
  if (section === 'broker' && Array.isArray(credentials)) {
    const old = listOf(known.credentials)
    merged.credentials = credentials.map((one: unknown, index) => {
      if (!isMap(one)) return one
      const same = findSame(one, old, 'username')
      const note = noter(findings, ['broker', 'credentials', index])
      if (same === undefined && one.secret === undefined && one.password === undefined)
        note('secret', 'missing; expected the name of a file under secrets in the data folder of the gateway')
      return withSecret(one, same, { context, note })
    })
  }
  return merged
}

type Note = (field: string, message: string) => void
type Secrets = { readonly context: OverlayContext; readonly note: Note }

/** A password never comes from the cloud: it is the one that the gateway knows under this name, or a file there. */
function withSecret(entry: Raw, same: Raw | undefined, { context, note }: Secrets): Raw {
  const { secret, password, passwordFile, ...rest } = entry
  for (const [field, value] of Object.entries({ password, passwordFile })) {
    if (value !== undefined)
      note(
        field,
        'not from the cloud: put it into a file under secrets in the data folder, and its name into secret',
      )
  }
  if (secret !== undefined) {
    if (typeof secret === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(secret)) {
      const { secretsFolder } = context
      return secretsFolder === undefined ? rest : { ...rest, passwordFile: `${secretsFolder}/${secret}` }
    }
    note('secret', 'expected a name of lower-case letters, digits and -')
  }
  const known = Object.entries(same ?? {}).filter(([name]) => name === 'password' || name === 'passwordFile')
  return { ...rest, ...Object.fromEntries(known) }
}

function noter(findings: Finding[], at: Path): Note {
  return (field, message) => findings.push({ path: [...at, field], message })
}

function notManaged(section: string): string {
  const close = closest(section, Object.keys(managedSections))
  const hint = close === undefined ? '' : `; did you mean ${close}?`
  return `not a section that comes from the cloud${hint}`
}

function withoutSecrets(entry: unknown): unknown {
  if (!isMap(entry)) return entry
  const { password, passwordFile, ...rest } = entry
  return rest
}

function findSame(entry: Raw, known: readonly Raw[], key: string): Raw | undefined {
  return known.find((one) => one[key] !== undefined && one[key] === entry[key])
}

function listOf(value: unknown): readonly Raw[] {
  return Array.isArray(value) ? value.filter(isMap) : []
}

function isMap(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
