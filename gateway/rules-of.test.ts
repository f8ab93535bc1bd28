import { describe, expect, test } from 'vitest'
import { shippedProfile } from '#gateway/profiles/fixtures/shipped-profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { rulesOf } from './rules-of.ts'

const meter = shippedProfile('modbus/eastron.sdm630.yaml')

function device(fields: Partial<Parameters<typeof resolveDevice>[1]> = {}, profile = meter) {
  const resolved = resolveDevice(profile, { id: 'meter-1', profile: profile.id, bus: 'b', ...fields })
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device
}

test('alarms of a profile become rules of the device', () => {
  const title = { zh: '一号电表', en: 'Meter 1' }
  expect(rulesOf([], [device({ title })])).toEqual([
    {
      ...{ id: 'meter-1.under_voltage', point: 'meter-1/voltage.l1', priority: 3 },
      condition: { kind: 'limit', side: 'below', limit: 198, hysteresis: 5 },
      ...{ onDelayMs: 60_000, offDelayMs: 0 },
      title: { zh: '一号电表 电压 L1', en: 'Meter 1 Voltage L1' },
    },
    {
      ...{ id: 'meter-1.no_energy', point: 'meter-1/energy.active.import', priority: 3 },
      condition: { kind: 'stale' },
      ...{ onDelayMs: 900_000, offDelayMs: 0, silentMs: 180_000 },
      title: { zh: '一号电表 正向有功电能', en: 'Meter 1 Active energy imported' },
    },
  ])
})

describe('a site', () => {
  test('switches an alarm off', () => {
    const rules = rulesOf([], [device({ alarms: { under_voltage: 'off' } })])
    expect(rules.map(({ id }) => id)).toEqual(['meter-1.no_energy'])
  })
  test('has a limit, a delay and a severity of its own', () => {
    const own = { below: 190, for: '30s', severity: 'major' } as const
    const [rule] = rulesOf([], [device({ alarms: { under_voltage: own } })])
    expect(rule).toMatchObject({
      condition: { side: 'below', limit: 190, hysteresis: 0 },
      onDelayMs: 30_000,
      priority: 2,
    })
  })
  test('cannot speak of an alarm that is not there', () => {
    const instance = { id: 'm1', profile: meter.id, bus: 'b', alarms: { over_voltage: 'off' as const } }
    expect(resolveDevice(meter, instance)).toMatchObject({
      ok: false,
      problems: [
        { path: ['alarms', 'over_voltage'], message: expect.stringContaining('under_voltage, no_energy') },
      ],
    })
  })
})

test('an alarm of a template is one for each of its points, and none for hidden ones', () => {
  const inputs = (confidence: string) =>
    shippedProfile('modbus/waveshare.relay8.yaml', (text) =>
      text
        .replace('confidence: medium', `confidence: ${confidence}`)
        .replace(
          '\nsim:',
          '\nalarms:\n  - { id: closed, point: input.<n>, when: { equals: true }, clear: { equals: false }, severity: major }\n\nsim:',
        ),
    )
  const rules = rulesOf([], [device({ alarms: { closed_2: 'off' } }, inputs('medium'))])
  expect(rules).toHaveLength(7)
  expect(rules[1]).toMatchObject({
    id: 'meter-1.closed_3',
    point: 'meter-1/input.3',
    condition: { kind: 'equals', value: true, back: false },
  })
  expect(rulesOf([], [device({}, inputs('low'))])).toEqual([])
})

test('rules of the configuration keep their place and their words', () => {
  const common = {
    point: 'meter-1/voltage.l1',
    onDelay: '1s',
    offDelay: '2s',
    priority: 2,
    title: {},
  } as const
  const [equal, silent] = rulesOf(
    [
      { ...common, id: 'a', equals: 'x' },
      { ...common, id: 'b', stale: '30s' },
    ],
    [device({ alarms: { under_voltage: 'off', no_energy: 'off' } })],
  )
  expect(equal).toMatchObject({
    condition: { kind: 'equals', value: 'x' },
    onDelayMs: 1_000,
    offDelayMs: 2_000,
  })
  expect(silent).toMatchObject({ condition: { kind: 'stale' }, onDelayMs: 31_000, silentMs: 10_000 })
})

test('what latches and what lives depend on is said by the profile or by the site', () => {
  const detectors = shippedProfile('modbus/rielta.brshs-rk.yaml')
  const fire = rulesOf([], [device({}, detectors)]).find(({ point }) => point.endsWith('/x.alarm'))
  expect(fire).toMatchObject({ latch: true, lifeSafety: true })
  const own = {
    id: 'gas',
    point: 'm-1/x.gas',
    onDelay: '0s',
    offDelay: '0s',
    priority: 1,
    title: {},
  } as const
  const [plain, marked] = rulesOf(
    [
      { ...own, equals: true },
      { ...own, equals: true, latch: true, lifeSafety: true },
    ],
    [],
  )
  expect(plain).not.toHaveProperty('latch')
  expect(marked).toMatchObject({ latch: true, lifeSafety: true })
})
