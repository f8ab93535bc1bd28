import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadProfiles, parseProfile } from './load-profiles.ts'

const shippedFolder = new URL('../../device-profiles/', import.meta.url)
const shipped = (file: string) => readFile(new URL(file, shippedFolder), 'utf8')
const relay = await shipped('modbus/waveshare.relay8.yaml')
const meter = await shipped('modbus/eastron.sdm630.yaml')
const lux = await shipped('mqtt/zigbee2mqtt.illuminance.yaml')

/** What is said about a shipped file after one change to it. */
function problemsOf(text: string, change: [from: string | RegExp, to: string], file: string) {
  const changed = text.replace(...change)
  if (changed === text) throw new Error(`nothing to change: ${String(change[0])}`)
  const { problems, profile } = parseProfile(changed, file)
  expect(profile === undefined).toBe(problems.length > 0)
  return problems.map(({ path, message }) => `${path}: ${message}`)
}
const inRelay = (from: string | RegExp, to: string) =>
  problemsOf(relay, [from, to], 'modbus/waveshare.relay8.yaml')
const inMeter = (from: string | RegExp, to: string) =>
  problemsOf(meter, [from, to], 'modbus/eastron.sdm630.yaml')
const inLux = (from: string | RegExp, to: string) =>
  problemsOf(lux, [from, to], 'mqtt/zigbee2mqtt.illuminance.yaml')

test('every problem of every file is listed at once, with file, line and key; good files are not harmed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'profiles-'))
  const put = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  await put('modbus/eastron.sdm630.yaml', meter)
  await put(
    'modbus/waveshare.relay8.yaml',
    relay.replace('poll: fast', 'pol: fast').replace('risk: medium', 'risk: huge'),
  )
  await put('mqtt/zigbee2mqtt.illuminance.yaml', 'profile: 1\n  id: [')
  await mkdir(join(folder, 'mqtt/folder.yaml'))
  const { profiles, problems } = loadProfiles(folder)
  await rm(folder, { recursive: true })

  expect([...profiles.keys()]).toEqual(['eastron.sdm630'])
  const lineOf = (text: string) => relay.split('\n').findIndex((line) => line.includes(text)) + 1
  expect(problems).toContainEqual({
    file: 'modbus/waveshare.relay8.yaml',
    line: lineOf('poll: fast'),
    path: 'points.relay.<n>.pol',
    message: expect.stringContaining('unknown key'),
  })
  expect(problems).toContainEqual({
    file: 'modbus/waveshare.relay8.yaml',
    line: lineOf('risk: medium'),
    path: 'points.relay.<n>.write.risk',
    message: expect.stringContaining('"low", "medium", "high"'),
  })
  expect(problems).toContainEqual(
    expect.objectContaining({
      file: 'mqtt/zigbee2mqtt.illuminance.yaml',
      message: expect.stringContaining('YAML'),
    }),
  )
  expect(problems).toContainEqual({
    file: 'mqtt/folder.yaml',
    path: '',
    message: expect.stringContaining('EISDIR'),
  })
})

test('an empty folder is a problem, not silence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'profiles-'))
  expect(loadProfiles(folder).problems).toHaveLength(1)
  await rm(folder, { recursive: true })
})

describe('refused', () => {
  test.each<[string, () => string[], string]>([
    ['an unknown key at the top', () => inRelay('vendor:', 'vender: x\nvendor:'), 'vender: unknown key'],
    ['a missing key', () => inRelay(/^version.*$/m, ''), 'version: missing'],
    ['an unknown point', () => inLux('illuminance:\n', 'brightnes:\n'), 'unknown point brightnes'],
    [
      'a point outside its vocabulary row',
      () =>
        inMeter(
          'last: 3 } }\n    from: { table: input, addr: { base: 0x0000',
          'last: 4 } }\n    from: { table: input, addr: { base: 0x0000',
        ),
      'unknown point voltage.l4',
    ],
    ['a unit of something else', () => inLux('unit: lx', 'unit: V'), 'V cannot be converted to lx'],
    ['another kind', () => inLux('unit: lx', 'kind: bool'), 'illuminance is num in the vocabulary'],
    [
      'an id that is not its path',
      () => inRelay('id: waveshare.relay8', 'id: waveshare.relay9'),
      'modbus/waveshare.relay9.yaml',
    ],
    ['an anchor', () => inRelay('vendor: Waveshare', 'vendor: &v Waveshare'), 'anchors, aliases and tags'],
    ['a tag', () => inRelay('vendor: Waveshare', 'vendor: !!str Waveshare'), 'anchors, aliases and tags'],
    [
      'two points on one register',
      () => inMeter('addr: 0x0038', 'addr: 0x0034'),
      'lies on the same input 52 as power.active',
    ],
    ['a hole without a note', () => inMeter(/^ {4}note.*$/m, ''), 'needs a note'],
    [
      'a probe that is no point',
      () => inRelay('probe: relay.1', 'probe: relay.9'),
      'the profile has no point relay.9',
    ],
    [
      'a test of no point',
      () => inRelay('expect:\n      relay.1:', 'expect:\n      relay.10:'),
      'the profile has no point relay.10',
    ],
    ['no tests', () => inRelay(/^tests:[\s\S]*$/m, 'tests: []'), 'tests: expected a list of 1'],
    [
      'no proof of a write',
      () => inRelay(/ {2}- name: relay one on[\s\S]*$/, ''),
      'no test writes this point',
    ],
    [
      'no provenance',
      () => inRelay(/provenance:\n(?: {2}.*\n)+/, 'provenance: []\n'),
      'provenance: expected a list of 1',
    ],
    ['a write without read-back', () => inRelay(/ {6}readback.*\n/, ''), 'readback: missing'],
    [
      'a risky write for everybody',
      () => inRelay('risk: medium', 'risk: high'),
      'a write of high risk needs a role',
    ],
    [
      'a write to an input',
      () => inRelay('to: { table: coil', 'to: { table: discrete'),
      'only coils and holding registers',
    ],
    [
      'a name with <n> but no each',
      () => inRelay(/ {4}each.*\n/, ''),
      'a name with <n> and the key each go together',
    ],
    [
      'an unknown parameter in a topic',
      () => inLux('"<base>/<name>"', '"<base>/<nam>"'),
      '<nam> is not a parameter',
    ],
    ['a parameter that may stay empty', () => inLux(', required: true', ''), '<name> needs a default'],
    [
      'an unknown topic',
      () => inLux('topic: state, ptr: /battery', 'topic: status, ptr: /battery'),
      'there is no topic status',
    ],
    [
      'an event from a retained message',
      () =>
        inLux(
          'from: { topic: state, ptr: /linkquality',
          'kind: event\n    from: { topic: state, ptr: /linkquality',
        ),
      'would happen again at every start',
    ],
    ['a generator that does not exist', () => inRelay('gen: markov', 'gen: chaos'), 'sim.points.input.<n>'],
    ['a file beyond all measure', () => inRelay(/$/, `# ${'x'.repeat(70_000)}`), 'larger than 65536 bytes'],
  ])('%s', (_name, problems, message) => {
    expect(problems().join('\n')).toContain(message)
  })
})
