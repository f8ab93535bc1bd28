// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of environment variables in the files
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { formatProblem, loadConfig, parseConfig, readSecretFile } from './load-config.ts'
import { ByteSize, Duration, parseByteSize, parseDuration } from './quantity.ts'

const closed = { additionalProperties: false } as const
const Bus = Type.Union([
  Type.Object(
    { id: Type.String(), protocol: Type.Literal('modbus-tcp'), host: Type.String(), port: Type.Integer() },
    closed,
  ),
  Type.Object({ id: Type.String(), protocol: Type.Literal('onvif'), url: Type.String() }, closed),
])
const Site = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    log: Type.Object({ level: Type.String({ default: 'info' }) }, { ...closed, default: {} }),
    every: Duration({ default: '1s' }),
    budget: Type.Optional(ByteSize()),
    devices: Type.Array(
      Type.Object(
        { unit: Type.Integer({ minimum: 1, maximum: 247 }), on: Type.Optional(Type.Boolean()) },
        closed,
      ),
      { default: [] },
    ),
    buses: Type.Optional(Type.Array(Bus)),
  },
  closed,
)

function problemsOf(text: string, env?: Record<string, string>): string[] {
  const loaded = parseConfig(text, Site, env)
  return loaded.ok ? [] : loaded.problems.map((problem) => formatProblem('site.yaml', problem))
}

test('a good file gets its defaults and is frozen', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'load-config-'))
  await writeFile(join(folder, 'site.yaml'), 'name: A\ndevices: [{ unit: 7 }]\n')
  const loaded = await loadConfig({ file: join(folder, 'site.yaml'), schema: Site })
  expect(loaded).toMatchObject({
    ok: true,
    value: { name: 'A', log: { level: 'info' }, every: '1s', devices: [{ unit: 7 }] },
  })
  if (loaded.ok) expect(() => Object.assign(loaded.value.devices, [1])).toThrow(TypeError)
})

test('every problem is listed at once with path and line', () => {
  const text = [
    'nmae: A',
    'every: soon',
    'devices:',
    '  - unit: 1',
    '  - unit: x',
    '    on: "yes"',
    '  - unit: 900',
    '    colour: red',
    '  - on: true',
    'budget: 5',
    'log: quiet',
  ].join('\n')
  expect(problemsOf(text)).toEqual([
    'site.yaml:1: name: missing; expected text of at least 1 characters',
    'site.yaml:1: nmae: unknown key; did you mean name?',
    'site.yaml:2: every: expected a duration such as 500ms, 10s, 15m, 3h or 2d, found "soon"',
    'site.yaml:5: devices[1].unit: expected an integer from 1 to 247, found "x"',
    'site.yaml:6: devices[1].on: expected true or false, found "yes"',
    'site.yaml:7: devices[2].unit: expected an integer from 1 to 247, found 900',
    'site.yaml:8: devices[2].colour: unknown key',
    'site.yaml:9: devices[3].unit: missing; expected an integer from 1 to 247',
    'site.yaml:10: budget: expected a size such as 64KB, 512MB or 2GB, found 5',
    'site.yaml:11: log: expected a map, found "quiet"',
  ])
})

test('more than eight mistakes are all listed', () => {
  const devices = Array.from({ length: 40 }, () => '  - unit: 0').join('\n')
  expect(problemsOf(`name: A\ndevices:\n${devices}\n`)).toHaveLength(40)
})

test('of a union the branch the author meant is explained', () => {
  expect(problemsOf('name: A\nbuses:\n  - { id: b, protocol: modbus-tcp, host: h, port: many }\n')).toEqual([
    'site.yaml:3: buses[0].port: expected an integer, found "many"',
  ])
})

test('YAML that does not parse is a problem with its line', () => {
  expect(problemsOf('name: A\ndevices: [1, 2\n')[0]).toMatch(/^site\.yaml:\d: not valid YAML/)
  expect(problemsOf('name: A\nname: B\n')[0]).toMatch(/^site\.yaml:2: not valid YAML.*unique/)
})

test('a file that is not there is a problem, not an exception', async () => {
  const loaded = await loadConfig({ file: join(tmpdir(), 'no', 'such.yaml'), schema: Site })
  expect(loaded).toEqual({ ok: false, problems: [{ path: '', message: 'cannot read the file (ENOENT)' }] })
})

test('environment variables are filled in; a missing one is a problem', () => {
  const text = 'name: "${WHO}-$${WHO}"\ndevices:\n  - unit: ${UNIT}\n'
  const loaded = parseConfig(text, Site, { WHO: 'school', UNIT: '12' })
  expect(loaded).toMatchObject({ ok: true, value: { name: 'school-${WHO}', devices: [{ unit: 12 }] } })
  expect(problemsOf('name: x${GONE}\n', {})).toEqual(['site.yaml:1: environment variable GONE is not set'])
})

test('a quoted variable stays text', () => {
  expect(parseConfig('name: "${PIN}"\n', Site, { PIN: '0042' })).toMatchObject({
    ok: true,
    value: { name: '0042' },
  })
})

test('an empty file lists what is missing', () => {
  expect(problemsOf('')).toEqual(['site.yaml: name: missing; expected text of at least 1 characters'])
})

test('a secret file is found beside the configuration and loses its line end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'load-config-'))
  await writeFile(join(folder, 'token'), 's3cret\n')
  expect(await readSecretFile(join(folder, 'site.yaml'), 'token')).toBe('s3cret')
})

test('durations and sizes', () => {
  expect(['500ms', '10s', '1.5m', '3h', '2d'].map(parseDuration)).toEqual([
    500, 10_000, 90_000, 10_800_000, 172_800_000,
  ])
  expect(['1B', '64KB', '512MB', '2GB'].map(parseByteSize)).toEqual([1, 65_536, 536_870_912, 2_147_483_648])
  expect(() => parseDuration('10')).toThrow('not a duration')
  expect(() => parseByteSize('1 MB')).toThrow('not a size')
})
