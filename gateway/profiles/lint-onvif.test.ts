import { expect, test } from 'vitest'
import { shippedProfile } from './fixtures/shipped-profile.ts'
import { resolveDevice } from './resolve.ts'

const file = 'onvif/onvif.camera.yaml'
const camera = shippedProfile(file)
const place = { id: 'cam-1', profile: camera.id, host: '192.0.2.7' }

function resolved(instance: Partial<Parameters<typeof resolveDevice>[1]> = {}) {
  const result = resolveDevice(camera, { ...place, ...instance })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  if (result.device.protocol !== 'onvif') throw new Error('no camera')
  return result.device
}

test('what the event map fills is a point, and no camera goes stale because nothing happens', () => {
  const { points } = resolved()
  expect(points.find(({ id }) => id === 'motion')).toMatchObject({
    ...{ kind: 'bool', title: { zh: '移动', en: 'Motion' }, from: { derived: 'event' } },
  })
  expect(points.filter(({ staleAfterMs }) => staleAfterMs !== undefined)).toEqual([])
})

test('the instance says where the camera is', () => {
  const { address } = resolved({ port: 8000, channel: 3 })
  expect(address).toMatchObject({ host: '192.0.2.7', ports: [8000], channel: 3 })
  expect(address.truth.yes).toEqual(expect.arrayContaining(['true', '1']))
  expect(resolveDevice(camera, { id: 'cam-1', profile: camera.id, bus: 'b' })).toMatchObject({
    ok: false,
    problems: [
      { path: ['bus'], message: 'only for Modbus devices; this profile speaks onvif' },
      { path: ['host'], message: expect.stringContaining('missing') },
    ],
  })
})

test.each<[string, RegExp | string, string, string]>([
  [
    'a moment as a state',
    'point: line_crossed, mode: pulse',
    'point: line_crossed, mode: state',
    'is of kind event',
  ],
  ['a state as a moment', 'point: motion, mode: state', 'point: motion, mode: pulse', 'is of kind bool'],
  ['a point nobody knows', 'point: intrusion', 'point: x.intruder', 'needs an entry x.intruder under points'],
  [
    'a topic with a prefix',
    'topic: VideoSource/MotionAlarm',
    'topic: tns1:VideoSource/MotionAlarm',
    'topic segments',
  ],
])('refused: %s', (_name, from, to, message) => {
  expect(() => shippedProfile(file, (text) => text.replaceAll(from, to))).toThrow(message)
})

test('a write and the call it makes are proved together', () => {
  const vector = (text: string) => () =>
    shippedProfile(file, (whole) => whole.replace('\ntests:', `\ntests:\n  - { name: by hand, ${text} }`))
  const written = 'write: { camera.brightness: 40 }'
  const call = 'onvif_out: { call: SetImagingSettings, args: { brightness: 40 } }'
  expect(vector(`${written}, ${call}`)).not.toThrow()
  expect(vector(written)).toThrow('write and onvif_out go together')
  expect(vector(call)).toThrow('write and onvif_out go together')
})
