import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

const base = ['contract', 'contract/*', 'lib', 'lib/csv.ts']

/** Folder -> folders it may import. The longest matching folder wins; a file in no folder below fails. A file can stand for itself. */
const mayImport: Record<string, readonly string[]> = {
  contract: ['contract/*'],
  'contract/*': ['contract', 'contract/*'],
  lib: ['lib/csv.ts'],
  // Needs nothing: it runs in the browser as well.
  'lib/csv.ts': [],
  'gateway/profiles': base,
  'gateway/southbound': [...base, 'gateway/profiles'],
  'gateway/southbound/*': [...base, 'gateway/profiles', 'gateway/southbound'],
  'gateway/pipeline': [...base, 'gateway/profiles', 'gateway/southbound'],
  'gateway/commands': [...base, 'gateway/profiles', 'gateway/southbound', 'gateway/outbox'],
  'gateway/commissioning': [...base, 'gateway/profiles', 'gateway/southbound'],
  'gateway/uplink': [...base, 'gateway/outbox'],
  'gateway/enrolment': [...base, 'gateway/uplink'],
  'gateway/broker': base,
  'gateway/rules': base,
  'gateway/alarms': [...base, 'gateway/rules'],
  'gateway/outbox': base,
  'gateway/configuration': base,
  'gateway/calendar': base,
  'gateway/health': base,
  'cloud/ingest': [...base, 'cloud/state', 'cloud/telemetry'],
  'cloud/telemetry': [...base, 'cloud/access', 'cloud/http'],
  'cloud/telemetry/*': [...base, 'cloud/telemetry'],
  'cloud/tls': base,
  'cloud/state': [...base, 'cloud/state/*'],
  'cloud/state/*': [...base, 'cloud/state'],
  'cloud/access': [...base, 'cloud/state'],
  'cloud/http': [...base, 'cloud/access'],
  'cloud/enrolment': [...base, 'cloud/access', 'cloud/state', 'cloud/http', 'cloud/tls'],
  'cloud/*': [...base, 'cloud/access', 'cloud/state', 'cloud/telemetry', 'cloud/http'],
  'cloud/console': ['contract', 'contract/*', 'lib/csv.ts'],
  simulators: [...base, 'gateway/profiles', 'simulators/*'],
  'simulators/*': [...base, 'gateway/profiles', 'simulators', 'simulators/*'],
}

/** Composition roots: files directly in these folders may import anything. */
const roots = ['gateway', 'cloud']

const folders = Object.keys(mayImport)
const isKnown = (folder: string): boolean =>
  folders.includes(folder) || folders.includes(`${dirname(folder)}/*`)

function areaOf(path: string): string | undefined {
  if (roots.includes(dirname(path))) return '*'
  if (folders.includes(path)) return path
  const parts = dirname(path).split('/')
  for (let depth = parts.length; depth > 0; depth--) {
    const folder = parts.slice(0, depth).join('/')
    if (isKnown(folder)) return folder
  }
  return undefined
}

function rulesFor(area: string): readonly string[] {
  return mayImport[area] ?? mayImport[`${dirname(area)}/*`] ?? []
}

function isAllowed(from: string, to: string, allowed: readonly string[]): boolean {
  return from === '*' || to === from || allowed.includes(to) || allowed.includes(`${dirname(to)}/*`)
}

/** `file -> target` for every import that the table does not allow. */
function brokenImports(file: string, source: string): string[] {
  const from = areaOf(file)
  if (from === undefined) return [`${file} is in no known folder: add it to the table`]
  const isTest = /\.(test|suite)\.tsx?$/.test(file)
  const allowed = isTest ? [...rulesFor(from), 'simulators', 'simulators/*', 'tests/support'] : rulesFor(from)
  return [...source.matchAll(/(?:from |import\(?)\s*'([#.][^']+)'/g)].flatMap(([, spec = '']) => {
    const target = spec.startsWith('#') ? spec.slice(1) : normalize(join(dirname(file), spec))
    const to = target.startsWith('tests/support') ? 'tests/support' : (areaOf(target) ?? target)
    return isAllowed(from, to, allowed) ? [] : [`${file} -> ${target}`]
  })
}

const files = globSync('{contract,lib,gateway,cloud,simulators}/**/*.{ts,tsx}', {
  exclude: ['cloud/console/dist/**'],
})

test('imports follow the dependency table', () => {
  expect(files.length).toBeGreaterThan(20)
  expect(files.flatMap((file) => brokenImports(file, readFileSync(file, 'utf8')))).toEqual([])
})

test('the rule finds what it is there to find', () => {
  const planted = (file: string, spec: string) => brokenImports(file, `import { x } from '${spec}'`)
  expect(planted('gateway/southbound/modbus/bus.ts', '#gateway/southbound/mqtt/decode.ts')).toHaveLength(1)
  expect(planted('gateway/pipeline/thin.ts', '#gateway/gateway.ts')).toHaveLength(1)
  expect(planted('simulators/modbus-device.ts', '#gateway/southbound/modbus/decode.ts')).toHaveLength(1)
  expect(planted('cloud/console/src/main.tsx', '#lib/clock.ts')).toHaveLength(1)
  expect(planted('gateway/outbox/outbox.ts', '#cloud/ingest/ingest.ts')).toHaveLength(1)
  expect(planted('somewhere/new.ts', '#lib/clock.ts')).toHaveLength(1)
  expect(planted('gateway/uplink/drain.ts', '#gateway/outbox/outbox.ts')).toHaveLength(0)
})

/** Native clients stay in the folders whose job is to speak with them. */
const clients: Record<string, RegExp> = {
  aedes: /^(gateway\/broker|cloud\/ingest)\//,
  mqtt: /^(gateway\/(uplink|broker)|cloud\/ingest|simulators)\//,
  'modbus-serial': /^gateway\/southbound\/modbus\//,
  onvif: /^gateway\/southbound\/onvif\//,
  'openid-client': /^cloud\/users\//,
  fastify: /^cloud\//,
  kysely: /^cloud\//,
}

test('a protocol client is imported only where its protocol lives', () => {
  const strays = files
    .filter((file) => !/\.(test|suite)\.tsx?$/.test(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/from '([a-z-]+)'/g)]
        .filter(([, name = '']) => clients[name] !== undefined && !clients[name].test(file))
        .map(([, name]) => `${file} imports ${name}`),
    )
  expect(strays).toEqual([])
})
