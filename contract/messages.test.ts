import { describe, expect, test } from 'vitest'
import {
  decodeCommand,
  decodeDelivery,
  decodeEvents,
  decodeState,
  encodeJson,
  maxJsonBytes,
} from './messages.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const link = { kind: 'link', device: 'meter-1', state: 'up', at: 1 } as const
const events = { v: 1, epoch: 1, firstSeq: 1, events: [link] } as const

test('what encodeJson writes, the decoder of its channel reads', () => {
  expect(decodeEvents(encodeJson({ ...events, events: [link] }))).toEqual({ ok: true, value: events })
})

describe('foreign bytes are refused with a reason', () => {
  test.each([
    ['nothing', ''],
    ['half a message', '{"v":1'],
    ['control characters', '\u0000\u0001'],
    ['deep nesting', '['.repeat(8000)],
  ])('%s', (_, text) => {
    expect(decodeCommand(bytes(text))).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^command: not JSON/),
    })
  })

  test('bytes that are not UTF-8', () => {
    const broken = encodeJson({ ...events, events: [link] })
    broken[20] = 0xff
    expect(decodeEvents(broken)).toEqual({ ok: false, reason: 'events: not JSON in UTF-8' })
  })

  test('an unknown field is named', () => {
    const { ok, ...rest } = decodeEvents(bytes(JSON.stringify({ ...events, colour: 1 })))
    expect(ok).toBe(false)
    expect(rest).toHaveProperty('reason', expect.stringContaining('colour'))
  })

  test('the reason speaks about the kind of event that was meant', () => {
    const bad = { ...events, events: [link, { ...link, state: 'sideways' }] }
    expect(decodeEvents(bytes(JSON.stringify(bad)))).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^events: \/events\/1\/state /),
    })
  })

  test.each([
    ['state', decodeState, 'birth, death, status, catalogue, config, calendar'],
    ['delivery', decodeDelivery, 'ack, refuse'],
  ])('an unknown kind of %s is told the known ones', (what, decode, kinds) => {
    for (const text of ['{}', '[]', 'null', '{"kind":"toString"}', '{"kind":["birth"]}']) {
      expect(decode(bytes(text))).toEqual({ ok: false, reason: `${what}: /kind must be one of ${kinds}` })
    }
  })

  test('a message above the limit is not even parsed', () => {
    const long = new Uint8Array(maxJsonBytes.command + 1).fill(32)
    expect(decodeCommand(long)).toEqual({
      ok: false,
      reason: 'command: 16385 bytes, at most 16384 are taken',
    })
  })
})
