/**
 * The page against the code. The decoder below is written from README.md alone and uses nothing of the codec: if the
 * page stops describing the bytes, it stops reading the fixtures.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { crc32, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import * as limits from './codec/limits.ts'
import { pointNames as inCode } from './codec/point-names.ts'

const page = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const fixtures = new URL('fixtures/v1/', import.meta.url)

const pointNames: string[] = ['']
for (const [, index, name] of page.matchAll(/(\d+) `([a-z0-9_.*]+)` *\|/g))
  pointNames[Number(index)] = name ?? ''

type Decoded = { epoch: number; firstSeq: number; lastSeq: number; samples: unknown[][] }

class State {
  sum: number
  count = 1
  constructor(guess: number) {
    this.sum = 2 ** guess
  }
}

class Bits {
  at = 0
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
  u(n: number): number {
    let value = 0
    for (let i = 0; i < n; i++, this.at++)
      value = value * 2 + (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1)
    return value
  }
  g(k: number): number {
    let p = 0
    while (this.u(1) === 1) p++
    return 2 ** (p + k) + this.u(p + k) - 2 ** k
  }
  z(k: number): number {
    return signed(this.g(k))
  }
  a(s: State): number {
    const quotient = Math.floor(s.sum / s.count)
    const n = this.g(quotient < 1 ? 0 : Math.floor(Math.log2(quotient)))
    s.sum += Math.min(n, 2 ** 24)
    if (++s.count === 32) {
      s.count = 16
      s.sum = Math.floor(s.sum / 2)
    }
    return n
  }
  za(s: State): number {
    return signed(this.a(s))
  }
  double(): number {
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(0, this.u(32))
    view.setUint32(4, this.u(32))
    return view.getFloat64(0)
  }
}

function signed(n: number): number {
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2
}

function varint(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0
  for (let at = from; ; at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * 2 ** (7 * (at - from))
    if (byte < 128) return [value, at + 1]
  }
}

function decodeLikeThePage(message: Uint8Array): Decoded {
  const [epoch, a] = varint(message, 2)
  const [firstSeq, b] = varint(message, a)
  const [span, c] = varint(message, b)
  const [length, d] = varint(message, c)
  const end = message.length - 4
  expect(message[0]).toBe(1)
  expect(new DataView(message.buffer, message.byteOffset).getUint32(end, true)).toBe(
    crc32(message.subarray(0, end)),
  )
  const content = message.subarray(d, end)
  const body = message[1] === 1 ? zstdDecompressSync(content) : content
  expect(body.length).toBe(length)
  return { epoch, firstSeq, lastSeq: firstSeq + span, samples: decodeBody(body) }
}

type Sample = { point: string; t: number; value: unknown; quality: number; late: number }
type Column = { samples: Sample[]; code: number }

function decodeBody(body: Uint8Array): unknown[][] {
  const [textBytes, from] = varint(body, 0)
  const bits = new Bits(body.subarray(from + textBytes))
  const lists = decodeTexts(bits, body.subarray(from, from + textBytes))
  const { samples, columns } = decodeGroups(bits, lists.prefixes, lists.literals)
  for (const column of columns) column.code = bits.u(4)
  const width = Math.ceil(Math.log2(Math.max(1, lists.texts.length)))
  const text = () => lists.texts[bits.u(width)]
  const exceptions = decodeExceptions(bits, samples, text)
  for (const column of columns) {
    const rest = column.samples.filter((sample) => !exceptions.has(sample))
    if (column.code <= 10) decodeNumbers(bits, rest, column.code)
    else for (const sample of rest) sample.value = plain(bits, column.code - 11, text)
  }
  decodeRuns(bits, samples, 'quality')
  decodeRuns(bits, samples, 'late')
  expect(body.length * 8 - (from + textBytes) * 8 - bits.at).toBeLessThan(8)
  return samples.map(({ point, t, value, quality, late }) => [point, t, value, quality, late])
}

function decodeExceptions(bits: Bits, samples: Sample[], text: () => unknown): Set<Sample> {
  const exceptions = new Set<Sample>()
  const gap = new State(4)
  for (let left = bits.g(0), next = 0; left > 0; left--) {
    const number = next + bits.a(gap)
    next = number + 1
    const sample = samples[number] as Sample
    const kind = bits.u(2)
    sample.value = kind === 0 ? null : plain(bits, kind - 1, text)
    exceptions.add(sample)
  }
  return exceptions
}

/** 0 float64, 1 boolean, 2 text, 3 none */
function plain(bits: Bits, kind: number, text: () => unknown): unknown {
  if (kind === 0) return bits.double()
  if (kind === 1) return bits.u(1) === 1
  return kind === 2 ? text() : null
}

function decodeTexts(bits: Bits, bytes: Uint8Array) {
  let at = 0
  const list = (count: number) => {
    const entries: Uint8Array[] = []
    for (let i = 0; i < count; i++) {
      const shared = bits.g(0)
      const own = bits.g(3)
      entries.push(
        Buffer.concat([(entries[i - 1] ?? bytes).subarray(0, shared), bytes.subarray(at, at + own)]),
      )
      at += own
    }
    return entries.map((entry) => new TextDecoder().decode(entry))
  }
  return { prefixes: list(bits.g(2) + 1), literals: list(bits.g(0)), texts: list(bits.g(0)) }
}

type States = Record<'device' | 'tickCount' | 'firstTime' | 'time' | 'periods' | 'jitter' | 'cell', State>
type Tick = { device: string; t: number }
type Point = { name: string; column: Column }

function decodeGroups(bits: Bits, prefixes: string[], literals: string[]) {
  const samples: Sample[] = []
  const columns: Column[] = []
  const states: States = {
    device: new State(1),
    tickCount: new State(0),
    firstTime: new State(10),
    time: new State(10),
    periods: new State(0),
    jitter: new State(5),
    cell: new State(1),
  }
  const start = bits.z(40)
  for (const prefix of prefixes) {
    const ticks = decodeTicks(bits, states, decodeDevices(bits, states.device, prefix), start)
    const points = decodePoints(bits, literals, columns)
    decodeCells(bits, states.cell, { ticks, points, samples })
  }
  return { samples, columns }
}

function decodeDevices(bits: Bits, state: State, prefix: string): string[] {
  const devices: string[] = []
  for (let left = bits.g(2) + 1, next = 0; left > 0; left--) {
    const number = next + bits.a(state)
    next = number + 1
    devices.push(number === 0 ? prefix : `${prefix}${number - 1}`)
  }
  return devices
}

function decodeTicks(bits: Bits, states: States, devices: string[], start: number): Tick[] {
  const { tickCount, firstTime, time, periods, jitter } = states
  const period = bits.g(0)
  const ticks: Tick[] = []
  const step = () => (period === 0 ? bits.a(time) : bits.a(periods) * period + bits.za(jitter))
  for (const device of devices) {
    const count = bits.a(tickCount) + 1
    let t = start + bits.a(firstTime)
    for (let i = 0; i < count; i++) {
      if (i > 0) t += step()
      ticks.push({ device, t })
    }
  }
  return ticks
}

function decodePoints(bits: Bits, literals: string[], columns: Column[]): Point[] {
  const points: Point[] = []
  let index = 0
  let number = 0
  for (let left = bits.g(2) + 1; left > 0; left--) {
    const step = bits.g(1)
    index += step
    let name = (index === 0 ? literals.shift() : pointNames[index]) ?? ''
    if (name.endsWith('*') && index > 0) {
      number = bits.g(2) + (step === 0 ? number + 1 : 0)
      name = name.slice(0, -1) + number
    }
    const isShared = points.length > 0 && bits.u(1) === 1
    if (!isShared) columns.push({ samples: [], code: -1 })
    points.push({ name, column: columns.at(-1) as Column })
  }
  return points
}

type Cells = { ticks: Tick[]; points: Point[]; samples: Sample[] }

function decodeCells(bits: Bits, state: State, { ticks, points, samples }: Cells): void {
  for (let left = bits.g(4) + 1, next = 0; left > 0; left--) {
    const cell = next + bits.a(state)
    next = cell + 1
    const { name, column } = points[Math.floor(cell / ticks.length)] as Point
    const { device, t } = ticks[cell % ticks.length] as Tick
    const sample = {
      point: device === '' ? name : `${device}/${name}`,
      t,
      value: null,
      quality: 192,
      late: 0,
    }
    samples.push(sample)
    column.samples.push(sample)
  }
}

function decodeNumbers(bits: Bits, samples: Sample[], code: number): void {
  const firstValue = new State(7)
  const value = new State(6)
  let first = 0
  let whole = 0
  for (const [i, sample] of samples.entries()) {
    if (i === 0) first = whole = bits.z(8)
    else if (sample.point !== samples[i - 1]?.point) first = whole = first + bits.za(firstValue)
    else whole += bits.za(value)
    sample.value = code < 10 ? whole / 10 ** code : float32(whole)
  }
}

function float32(whole: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, whole >= 0 ? whole : 2 ** 31 - (whole + 1))
  return view.getFloat32(0)
}

function decodeRuns(bits: Bits, samples: Sample[], column: 'quality' | 'late'): void {
  if (bits.u(1) === 0) return
  const run = new State(5)
  for (let at = 0; at < samples.length; ) {
    const to = at + bits.a(run) + 1
    const code = bits.g(8)
    for (; at < to; at++) (samples[at] as Sample)[column] = code
  }
}

describe('a decoder written from the page alone', () => {
  const batches = readdirSync(fixtures).filter((name) => name.endsWith('.bin'))

  test('there are fixtures', () => {
    expect(batches.length).toBeGreaterThan(5)
  })

  test.each(batches)('reads %s', (name) => {
    const expected = JSON.parse(readFileSync(new URL(name.replace('.bin', '.json'), fixtures), 'utf8'))
    const decoded = decodeLikeThePage(readFileSync(new URL(name, fixtures)))
    expect(JSON.parse(JSON.stringify(decoded, special))).toEqual(expected)
  })
})

test('the page lists the table of point names', () => {
  expect(pointNames).toEqual([...inCode])
})

test('the page names every limit', () => {
  const text = page.replaceAll(/\s+/g, ' ')
  expect(text).toContain(
    `a message of ${limits.maxMessageBytes / 2 ** 20} MiB; a body of ${limits.maxBodyBytes / 2 ** 20} MiB`,
  )
  expect(text).toContain(`${limits.maxSamples.toLocaleString('en')} samples`)
  expect(text).toContain(`${limits.maxSeries.toLocaleString('en')} series`)
  expect(text).toContain(
    `${limits.maxNameBytes} bytes in a name, ${limits.maxTextBytes.toLocaleString('en')} in a text`,
  )
  expect(text).toContain(`${limits.maxStringBytes / 2 ** 20} MiB in all of them`)
})

/** JSON has no -0 and no infinities: the fixtures spell them as text. */
function special(_: string, value: unknown): unknown {
  if (typeof value !== 'number') return value
  return Object.is(value, -0) || !Number.isFinite(value)
    ? { number: Object.is(value, -0) ? '-0' : String(value) }
    : value
}
