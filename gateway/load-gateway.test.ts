import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { formatProblem } from '#lib/load-config.ts'
import { repository, run } from '../tests/support/program.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'
import { catalogueOf } from './catalogue.ts'
import { loadGateway } from './load-gateway.ts'

// A hundred profiles, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const example = 'gateway/gateway.example.yaml'
const env = { ZIGBEE2MQTT_PASSWORD: 'a', PANEL_PASSWORD: 'b' }

test('the example is a good configuration', async () => {
  const all = { allProfiles: true }
  const { problems, unusedProfiles, warnings, setup } = await loadGateway(join(repository, example), env, all)
  expect([...problems, ...unusedProfiles, ...warnings]).toEqual([])
  expect(setup?.devices.map(({ id }) => id)).toEqual(['meter-1', 'relay-1', 'lux-301'])
})

test('the catalogue tells what the gateway has, with an equal version for equal devices', async () => {
  const load = async () => (await loadGateway(join(repository, example), env)).setup?.devices ?? []
  const [first, second] = [catalogueOf(await load()), catalogueOf((await load()).slice(1))]
  expect(catalogueOf(await load())).toEqual(first)
  expect(second.version).not.toBe(first.version)
  expect(first.devices[0]).toMatchObject({ id: 'meter-1', profile: 'eastron.sdm630', vendor: 'Eastron' })
  const relay = first.devices[1]?.points.find(({ id }) => id === 'relay.1')
  expect(relay).toMatchObject({ kind: 'bool', writable: { risk: 'medium', verified: true } })
})

const bad = `gateway: { id: School A }
profiles: ${join(repository, 'device-profiles')}
broker:
  credentials:
    - { username: a, password: x, publish: ["z/#/y"] }
    - { username: a }
buses:
  - { id: plant, protocol: modbus-tcp, host: 127.0.0.1 }
devices:
  - { id: meter-1, profile: eastron.sdm360, bus: plant }
  - { id: meter-2, profile: eastron.sdm630, bus: plnt, unit: 0 }
  - { id: meter-2, profile: zigbee2mqtt.illuminance }
rules:
  - { id: r1, point: meter-9/power.active, above: 1, priority: 3, title: {} }
`

test('every problem is listed at once, with its place', async () => {
  await using folder = await tempFolder()
  const file = folder.file('gateway.yaml')
  await writeFile(file, bad)
  const shape = await loadGateway(file, {})
  expect(shape.problems.map((one) => formatProblem('g', one))).toEqual([
    'g:1: gateway.id: expected an id of lower-case letters, digits and -, found "School A"',
  ])

  await writeFile(file, bad.replace('School A', 'school-a'))
  const { problems, setup, warnings } = await loadGateway(file, {})
  expect(setup).toBeUndefined()
  expect(problems.map((one) => formatProblem('g', one))).toEqual([
    expect.stringContaining('g:12: devices[2].id: meter-2 is there already'),
    expect.stringContaining('g:10: devices[0].profile: no usable profile eastron.sdm360; there are'),
    expect.stringContaining('g:11: devices[1].unit: expected an integer from 1 to 247, found 0'),
    expect.stringContaining('g:11: devices[1].bus: no bus plnt under buses'),
    expect.stringContaining('g:12: devices[2].params.name'),
    expect.stringContaining('g:14: rules[0].point: no device meter-9'),
    expect.stringContaining('g:6: broker.credentials[1].username: a is there already'),
    expect.stringContaining('g:5: broker.credentials[0].publish[0]: not an MQTT filter: z/#/y'),
    expect.stringContaining('g:6: broker.credentials[1]: expected either password or passwordFile'),
  ])
  expect(warnings.map((one) => formatProblem('g', one))).toEqual([
    'g:5: broker.credentials[0].password: a secret written into the file; use passwordFile or a variable',
  ])
})

test('an interlock that would lock nothing, or for ever, is a mistake in the configuration', async () => {
  await using folder = await tempFolder()
  const file = folder.file('gateway.yaml')
  const lock = (id: string, target: string, rest: string) =>
    `  - { id: ${id}, target: ${target}, title: { en: x }, ${rest} }\n`
  await writeFile(
    file,
    `gateway: { id: school-a }
profiles: ${join(repository, 'device-profiles')}
buses: [{ id: plant, protocol: modbus-tcp, host: 127.0.0.1 }]
devices:
  - { id: relay-1, profile: waveshare.relay8, bus: plant, unit: 1 }
interlocks:
${lock('l1', 'relay-1/relay.1', 'blockedWhile: { point: relay-1/relay.2, equals: true }')}
${lock('l1', 'relay-1/relay.9', 'blockedWhile: { point: relay-1/relay.2, equals: true }')}
${lock('l3', 'relay-1/input.1', 'blockedWhile: { point: meter-1/power.active, above: 1 }')}
${lock('l4', 'relay-1/relay.1', 'values: [1], blockedWhile: { point: relay-1/relay.2, above: 1 }')}
${lock('l5', 'relay-1/relay.1', 'blockedWhile: { point: relay-1/relay.2, equals: 1 }')}
${lock('l6', 'relay-1/relay.1', 'blockedWhile: { point: relay-1/relay.2 }')}
`.replaceAll('\n\n', '\n'),
  )
  const { problems } = await loadGateway(file, {})
  expect(problems.map((one) => formatProblem('g', one))).toEqual([
    'g:8: interlocks[1].id: l1 is there already',
    'g:8: interlocks[1].target: relay-1 has no point relay.9',
    'g:9: interlocks[2].target: relay-1/input.1 cannot be written, so there is nothing to lock',
    'g:9: interlocks[2].blockedWhile.point: no device meter-1',
    'g:10: interlocks[3].values[0]: relay-1/relay.1 takes a boolean',
    'g:10: interlocks[3].blockedWhile.point: a limit needs a number; relay-1/relay.2 is of kind bool',
    'g:11: interlocks[4].blockedWhile.equals: relay-1/relay.2 is a boolean',
    'g:12: interlocks[5].blockedWhile: expected exactly one of above, below, equals',
  ])
})

test('a broken profile stops the devices that need it, and is only reported otherwise', async () => {
  await using folder = await tempFolder()
  await mkdir(folder.file('profiles/mqtt'), { recursive: true })
  await writeFile(folder.file('profiles/mqtt/acme.lux.yaml'), 'profile: 1\nid: acme.lux\ncolour: red\n')
  const config = (devices: string) =>
    writeFile(folder.file('g.yaml'), `gateway: { id: school-a }\nprofiles: profiles\ndevices: ${devices}\n`)
  await config('[]')
  const unread = await loadGateway(folder.file('g.yaml'), {})
  expect(unread.setup).toBeDefined()
  expect(unread.unusedProfiles).toEqual([])
  const unused = await loadGateway(folder.file('g.yaml'), {}, { allProfiles: true })
  expect(unused.setup).toBeDefined()
  expect(unused.unusedProfiles.map((one) => formatProblem('g', one)).join('\n')).toMatch(
    /profiles\/mqtt\/acme\.lux\.yaml:3: colour: unknown key/,
  )
  await config('[{ id: lux-1, profile: acme.lux }]')
  const used = await loadGateway(folder.file('g.yaml'), {})
  expect(used.setup).toBeUndefined()
  expect(used.problems.map((one) => formatProblem('g', one)).join('\n')).toContain('colour: unknown key')
})

test('a token that cannot be read is a problem with its place', async () => {
  await using folder = await tempFolder()
  const file = folder.file('g.yaml')
  const cloud = 'cloud: { url: "mqtts://127.0.0.1:8883", tokenFile: no-token }'
  await writeFile(
    file,
    `gateway: { id: school-a }\nprofiles: ${join(repository, 'device-profiles')}\n${cloud}\n`,
  )
  const { problems } = await loadGateway(file, {})
  expect(problems).toMatchObject([
    { path: 'cloud.tokenFile', line: 3, message: expect.stringContaining('ENOENT') },
  ])
})

test('devices added from the console join those of the file; what is wrong with one names its own file', async () => {
  await using folder = await tempFolder()
  const file = folder.file('gateway.yaml')
  await writeFile(
    file,
    `gateway: { id: school-a }
data: ./d
profiles: ${join(repository, 'device-profiles')}
broker: {}
buses: [{ id: plant, protocol: modbus-tcp, host: 127.0.0.1 }]
devices: [{ id: meter-1, profile: eastron.sdm630, bus: plant }]
`,
  )
  const alone = await loadGateway(file, {})
  await mkdir(folder.file('d'))
  const managed = folder.file('d/devices.yaml')
  await writeFile(managed, 'devices:\n  - { id: meter-2, profile: eastron.sdm630, bus: plant, unit: 2 }\n')
  const both = await loadGateway(file, {})
  expect(both.setup?.devices.map(({ id }) => id)).toEqual(['meter-1', 'meter-2'])
  expect(both.setup?.configVersion).not.toBe(alone.setup?.configVersion)
  expect(both.setup?.fileVersion).toBe(alone.setup?.fileVersion)

  const twice = `devices:
  - { id: meter-2, profile: eastron.sdm630, bus: plant, unit: 2 }
  - { id: meter-1, profile: eastron.sdm630, bus: plnt }
`
  const bad = await both.setup?.again({ managedText: twice })
  expect(bad?.setup).toBeUndefined()
  expect(bad?.problems.map((one) => formatProblem(file, one))).toEqual([
    `${managed}:3: devices[1].id: meter-1 is there already`,
    `${managed}:3: devices[1].bus: no bus plnt under buses`,
  ])
  await writeFile(managed, 'devices:\n  - { id: meter-2 }\n')
  expect((await loadGateway(file, {})).problems.map((one) => formatProblem(file, one))).toEqual([
    `${managed}:2: devices[0].profile: missing; expected text of 0 to 100 characters`,
  ])
})

test('--check says good with status 0 and lists every problem with status 2', async () => {
  const args = ['gateway/main.ts', '--config', example, '--check']
  const good = await run({ name: 'check', args, env })
  expect(good).toMatchObject({ code: 0, output: `${example}: good, 3 devices\n` })
  const missing = await run({ name: 'check', args })
  expect(missing.code).toBe(2)
  expect(missing.output).toMatch(/:25: environment variable ZIGBEE2MQTT_PASSWORD is not set\n/)
  expect(missing.output).toMatch(/\n2 problems found/)
})
