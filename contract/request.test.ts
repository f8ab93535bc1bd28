import { expect, test } from 'vitest'
import { decodeReply, decodeRequest, encodeJson, maxJsonBytes } from './messages.ts'
import type { Reply, Request } from './request.ts'

const head = { v: 1, id: 'r-1', expiresAt: 1_700_000_000_000 } as const
const requests: readonly Request[] = [
  { ...head, kind: 'profiles' },
  { ...head, kind: 'buses' },
  { ...head, kind: 'proposals' },
  { ...head, kind: 'scan', bus: 'plant', first: 1, last: 32 },
  { ...head, kind: 'cancel', request: 'r-0' },
  { ...head, kind: 'probe', device: { profile: 'a.b', bus: 'plant', unit: 3 } },
  { ...head, kind: 'add-device', device: { id: 'meter-1', profile: 'a.b' } },
  { ...head, kind: 'update-device', device: 'meter-1', changes: { title: { zh: '电表' }, location: null } },
  { ...head, kind: 'remove-device', device: 'meter-1' },
  { ...head, kind: 'device-errors', device: 'meter-1' },
]

test.each(requests)('a request of kind $kind is read as it was written', (request) => {
  expect(decodeRequest(encodeJson(request))).toEqual({ ok: true, value: request })
})

test.each<[string, object, RegExp]>([
  ['a kind nobody knows', { ...head, kind: 'reboot' }, /\/kind must be one of profiles, buses/],
  ['a unit no bus has', { ...head, kind: 'scan', bus: 'plant', first: 0, last: 32 }, /\/first/],
  ['an unknown field', { ...head, kind: 'buses', all: true }, /\/all/],
  ['no time', { v: 1, id: 'r-1', kind: 'buses' }, /expiresAt/],
  ['a point as the thing to remove', { ...head, kind: 'remove-device', device: '../a' }, /\/device/],
])('%s is refused and named', (_, request, reason) => {
  const decoded = decodeRequest(new TextEncoder().encode(JSON.stringify(request)))
  expect(decoded).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
})

test('a reply in parts and a refusal are read as they were written', () => {
  const replies: Reply[] = [
    {
      ...{ v: 1, id: 'r-1', part: 0, last: false, ok: true },
      body: { kind: 'scan', done: 2, total: 32, units: [{ unit: 1, answered: true, text: 'exception 2' }] },
    },
    {
      ...{ v: 1, id: 'r-1', part: 1, last: true, ok: false, code: 'CONFIG_INVALID', message: 'no' },
      problems: [{ path: 'unit', message: 'expected an integer from 1 to 247' }],
    },
  ]
  for (const reply of replies) expect(decodeReply(encodeJson(reply))).toEqual({ ok: true, value: reply })
})

test('what is too long is refused before it is read', () => {
  const long = new Uint8Array(maxJsonBytes.request + 1).fill(32)
  expect(decodeRequest(long)).toMatchObject({ ok: false, reason: expect.stringMatching(/at most 65536/) })
})
