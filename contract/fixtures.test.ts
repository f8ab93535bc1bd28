/** Messages of version 1, kept for ever: every later codec reads them. A change of the format is a new folder. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decodeTelemetry } from './codec.ts'
import { samplesOf } from './columns.ts'
import {
  decodeCalendar,
  decodeCommand,
  decodeConfig,
  decodeDelivery,
  decodeEvents,
  decodeState,
} from './messages.ts'

const folder = new URL('fixtures/v1/', import.meta.url)
const files = readdirSync(folder).filter((name) => name !== 'sums.txt')
const read = (name: string) => readFileSync(new URL(name, folder))

test('no fixture was changed, added without its sum, or lost', () => {
  const sums = files
    .sort()
    .map((name) => `${createHash('sha256').update(read(name)).digest('hex')}  ${name}\n`)
  expect(sums.join('')).toBe(read('sums.txt').toString())
})

test.each(files.filter((name) => name.endsWith('.bin')))('%s decodes to its samples', (name) => {
  const decoded = decodeTelemetry(read(name))
  if (!decoded.ok) throw new Error(decoded.reason)
  const { epoch, firstSeq, lastSeq, samples } = decoded.value
  const rows = samplesOf(samples).map((s) => [s.point, s.t, s.value, s.quality, s.late === true ? 1 : 0])
  const expected = JSON.parse(read(name.replace('.bin', '.json')).toString(), revive)
  expect({ epoch, firstSeq, lastSeq, samples: rows }).toStrictEqual(expected)
})

/** JSON has no -0 and no infinities: the fixtures spell them as text. */
function revive(_: string, value: unknown): unknown {
  const isSpelled = typeof value === 'object' && value !== null && 'number' in value
  return isSpelled ? Number(value.number) : value
}

const decoders = {
  ack: decodeDelivery,
  birth: decodeState,
  calendar: decodeCalendar,
  'calendar-report': decodeState,
  catalogue: decodeState,
  command: decodeCommand,
  'config-desired': decodeConfig,
  'config-noted': decodeConfig,
  'config-report': decodeState,
  'config-report-own': decodeState,
  death: decodeState,
  events: decodeEvents,
  'refuse-later': decodeDelivery,
  'refuse-never': decodeDelivery,
  status: decodeState,
}

test.each(Object.entries(decoders))('message-%s.json is accepted', (name, decode) => {
  const bytes = read(`message-${name}.json`)
  expect(decode(bytes)).toEqual({ ok: true, value: JSON.parse(bytes.toString()) })
})

test('every message of the folder is tried', () => {
  const messages = files.filter((name) => name.startsWith('message-'))
  expect(messages.sort()).toEqual(
    Object.keys(decoders)
      .map((name) => `message-${name}.json`)
      .sort(),
  )
})
