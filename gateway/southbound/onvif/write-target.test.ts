import { expect, test } from 'vitest'
import { pointOf } from './fixtures/devices.ts'
import { callOf } from './write-target.ts'

const write = { minIntervalMs: 0, risk: 'low' } as const
const relay = pointOf('relay.1', { write: { ...write, to: { output: '1', mode: 'bistable' } } })
const brightness = pointOf('camera.brightness', {
  ...{ kind: 'num', write: { ...write, to: { imaging: 'brightness' } } },
})
const preset = pointOf('ptz.preset', { kind: 'text', write: { ...write, to: { ptz: 'preset' } } })
const move = pointOf('ptz.move', { kind: 'enum', write: { ...write, to: { ptz: 'move' } } })

test.each([
  [relay, true, { call: 'SetRelayOutputState', args: { output: '1', active: true } }],
  [brightness, 0, { call: 'SetImagingSettings', args: { brightness: 0 } }],
  [preset, 'home', { call: 'GotoHomePosition', args: {} }],
  [preset, 'gate', { call: 'GotoPreset', args: { preset: 'gate' } }],
  [move, 'left', { call: 'ContinuousMove', args: { move: 'left' } }],
  [move, 'stop', { call: 'Stop', args: {} }],
] as const)('$id to %s', (point, value, call) => {
  expect(callOf(point, value)).toEqual({ ok: true, ...call })
})

test('a contact that is wired the other way round is written the other way round', () => {
  const inverted = { ...relay, steps: [{ op: 'transform', name: 'bool_not' } as const] }
  expect(callOf(inverted, true)).toMatchObject({ args: { active: false } })
})

test.each([
  [relay, 1, 'relay.1: expected true or false, found 1'],
  [brightness, 'bright', 'camera.brightness: expected a number, found bright'],
  [preset, '', 'ptz.preset: expected a text, found '],
  [move, 'constructor', expect.stringContaining('found constructor')],
  [pointOf('motion'), true, 'motion cannot be written'],
] as const)('$id to %s is refused', (point, value, reason) => {
  expect(callOf(point, value)).toEqual({ ok: false, reason })
})
