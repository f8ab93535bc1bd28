import { expect, test } from 'vitest'
import type { ProfileInfo } from '#contract/request.ts'
import { changed, problemsForDevice, readDraft } from './draft.ts'
import { parseManaged, printManaged } from './managed-devices.ts'
import { partsOf } from './reply-parts.ts'

test('a draft is read as the file would be, all problems at once, in the same words', () => {
  const read = readDraft({
    id: 'Meter 1',
    profile: 'a.b',
    unit: 300,
    colour: 'red',
    passwordFile: '/etc/shadow',
  })
  expect(read).toEqual({
    ok: false,
    problems: [
      {
        path: 'id',
        message: expect.stringMatching(/^expected an id of lower-case letters.*found "Meter 1"$/),
      },
      { path: 'unit', message: expect.stringMatching(/255, found 300$/) },
      { path: 'colour', message: 'unknown key' },
      { path: 'passwordFile', message: 'only in gateway.yaml; give the password' },
    ],
  })
})

test('the password leaves the device before it is written anywhere', () => {
  const read = readDraft({ id: 'cam-1', profile: 'a.b', host: '127.0.0.1', password: 'secret' })
  if (!read.ok) throw new Error('refused')
  expect(read.password).toBe('secret')
  expect(printManaged([read.instance])).not.toContain('secret')
})

test('what is written is read back as it was', () => {
  const device = {
    id: 'meter-1',
    profile: 'a.b',
    title: { zh: '电表：一层 #1', en: 'yes' },
    params: { name: '0x10', channels: [1, 2], ratio: 1.5 },
    confirmed: ['power.active'],
  }
  expect(parseManaged(printManaged([device]), 'f')).toMatchObject({ problems: [], devices: [device] })
})

test('null takes a value away, absence leaves it', () => {
  const device = { id: 'm-1', profile: 'a.b', unit: 3, title: { zh: '表' }, location: { zh: '一层' } }
  expect(changed(device, { title: null, confirmed: ['x'] })).toEqual({
    ...{ id: 'm-1', profile: 'a.b', unit: 3, location: { zh: '一层' } },
    confirmed: ['x'],
  })
  expect(changed(device, {})).toEqual(device)
})

test('problems of the device are told by its own keys, others with their place', () => {
  const problems = [
    { file: '/d/devices.yaml', path: 'devices[10].params.name', message: 'missing' },
    { file: '/d/devices.yaml', path: 'devices[1].unit', message: 'other' },
    { path: 'buses[0]', message: 'does not fit' },
  ]
  expect(problemsForDevice(problems, '/d/devices.yaml', 10)).toEqual([
    { path: 'params.name', message: 'missing' },
    { path: '', message: 'devices.yaml devices[1].unit: other' },
    { path: '', message: 'gateway.yaml buses[0]: does not fit' },
  ])
})

test('a long list is cut into parts that each fit a message, and nothing is lost', () => {
  const profile = {
    id: 'a.b',
    models: Array.from({ length: 60 }, () => 'x'.repeat(90)),
  } as unknown as ProfileInfo
  const profiles = Array.from({ length: 100 }, () => profile)
  const parts = partsOf({ kind: 'profiles', profiles })
  expect(parts.length).toBeGreaterThan(3)
  for (const part of parts) expect(JSON.stringify(part).length).toBeLessThan(200 * 1024)
  expect(parts.flatMap((part) => (part.kind === 'profiles' ? part.profiles : []))).toEqual(profiles)
  expect(partsOf({ kind: 'profiles', profiles: [] })).toHaveLength(1)
})
