import { zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { seal } from './codec/seal.ts'
import { randomBatch, seededRandom } from './codec/seeded-batches.ts'
import { decodeTelemetry, encodeTelemetry, telemetryRange } from './codec.ts'
import { columnsOf, samplesOf } from './columns.ts'
import type { Sample } from './sample.ts'
import type { TelemetryBatch } from './telemetry.ts'

const one: Sample = { point: 'meter-1/voltage.l1', t: 1_760_000_000_000, value: 230.4, quality: 192 }

function batch(samples: readonly Sample[], part: Partial<TelemetryBatch> = {}): TelemetryBatch {
  return { epoch: 5, firstSeq: 1, lastSeq: 1, samples: columnsOf(samples), ...part }
}

function roundTrip(given: TelemetryBatch): TelemetryBatch {
  const decoded = decodeTelemetry(encodeTelemetry(given))
  if (!decoded.ok) throw new Error(decoded.reason)
  return decoded.value
}

/** By series and time; equal times stay as they are. */
function sorted(samples: readonly Sample[]): Sample[] {
  return samples.toSorted((a, b) => (a.point === b.point ? a.t - b.t : a.point < b.point ? -1 : 1))
}

/** Comparable at a glance and fast: `-0` and `1e400` differ from `0` and the largest number. */
function lines(batch: TelemetryBatch): string {
  const line = ({ point, t, value, quality, late }: Sample) =>
    [point, t, typeof value, Object.is(value, -0) ? '-0' : value, quality, late].join(' ')
  return sorted(samplesOf(batch.samples)).map(line).join('\n')
}

describe('a batch comes back', () => {
  test('2,000 random batches, bit by bit', { timeout: 60_000 }, () => {
    const random = seededRandom(20_251_014)
    for (let i = 0; i < 2000; i++) {
      const given = randomBatch(random)
      const back = roundTrip(given)
      expect({ ...back, samples: null }).toEqual({ ...given, samples: null })
      expect(lines(back), `batch ${i}`).toBe(lines(given))
    }
  })

  test('grouped by series and sorted by time, samples of equal time in their order', () => {
    const given = [3, 1, 2, 2, 2].map((t, value) => ({ ...one, t, value }))
    expect(samplesOf(roundTrip(batch(given)).samples).map(({ value }) => value)).toEqual([1, 2, 3, 4, 0])
  })

  test('two entries of the dictionary with the same text become one', () => {
    const columns = {
      ...columnsOf([one, one]),
      points: [one.point, one.point, 'unused/x'],
      series: Uint32Array.of(0, 1),
    }
    const back = roundTrip(batch([], { samples: columns })).samples
    expect(back.points).toEqual([one.point])
    expect(samplesOf(back)).toEqual([one, one])
  })

  test('the same bytes for the same batch', () => {
    const given = randomBatch(seededRandom(3))
    expect(encodeTelemetry(given)).toEqual(encodeTelemetry(given))
  })

  test('a device of 500 points that all report at times of their own costs no square', () => {
    const samples = Array.from({ length: 5000 }, (_, i) => ({
      ...one,
      point: `box/x.p${i % 500}`,
      t: i * 7,
      value: i,
    }))
    expect(encodeTelemetry(batch(samples)).length / samples.length).toBeLessThan(5)
    expect(sorted(samplesOf(roundTrip(batch(samples)).samples))).toEqual(sorted(samples))
  })

  test('10,000 devices with a point each of their own', () => {
    const samples = Array.from({ length: 10_000 }, (_, i) => ({ ...one, point: `box-${i}/x.p${i}` }))
    expect(samplesOf(roundTrip(batch(samples)).samples)).toHaveLength(10_000)
  })
})

describe('the encoder throws for what nobody would accept', () => {
  test.each<[string, TelemetryBatch]>([
    ['0 samples', batch([])],
    ['sequence 2 to 1', batch([one], { firstSeq: 2 })],
    ['epoch -1', batch([one], { epoch: -1 })],
    ['sequence 1 to Infinity', batch([one], { lastSeq: Infinity })],
    ['100001 samples', batch(Array.from({ length: 100_001 }, () => one))],
    ['10001 points', batch(Array.from({ length: 10_001 }, (_, i) => ({ ...one, point: `a-${i}/co2` })))],
    ['a text of 600 bytes', batch([{ ...one, point: `${'a'.repeat(600)}/co2` }])],
    ['half a surrogate pair', batch([{ ...one, point: '\ud800/co2' }])],
    ['time 0.5', batch([], { samples: { ...columnsOf([one]), t: Float64Array.of(0.5) } })],
  ])('%s', (problem, given) => {
    expect(() => encodeTelemetry(given)).toThrow(problem)
  })
})

describe('bad bytes are refused with a reason', () => {
  const good = encodeTelemetry(batch([one, { ...one, value: 231 }]))

  test.each<[string, Uint8Array]>([
    ['version missing', new Uint8Array(0)],
    ['version 123', Buffer.from('{"v":1}')],
    ['version 2', Uint8Array.of(2, ...good.slice(1))],
    ['flags 2', Uint8Array.of(1, 2, ...good.slice(2))],
    ['does not end', good.slice(0, 8)],
    [
      'the number at byte 2 does not end',
      Uint8Array.of(1, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1, 1, 1, 1),
    ],
    ['the checksum does not match', good.slice(0, -1)],
    ['the checksum does not match', Uint8Array.of(...good.slice(0, -1), (good.at(-1) ?? 0) ^ 1)],
    ['1048577 bytes, at most 1048576', new Uint8Array(2 ** 20 + 1)],
    ['a body of 3 bytes, 4 declared', seal({ body: Uint8Array.of(0, 0, 0), length: 4 })],
    ['a body of 8388609 bytes declared', seal({ body: Uint8Array.of(0), length: 2 ** 23 + 1 })],
    ['zstd', seal({ body: Uint8Array.of(1, 2, 3), isPacked: true })],
    [
      'zstd gives 3 bytes, 4 declared',
      seal({ body: zstdCompressSync(Uint8Array.of(0, 0, 0)), isPacked: true, length: 4 }),
    ],
    ['9 bytes of text in a body of 2', seal({ body: Uint8Array.of(9, 0) })],
    ['ended early in the device names', seal({ body: Uint8Array.of(0) })],
  ])('%s', (reason, bytes) => {
    expect(decodeTelemetry(bytes)).toEqual({ ok: false, reason: expect.stringContaining(reason) })
  })

  test('a zstd bomb stops at the declared length, which is limited', () => {
    const bomb = zstdCompressSync(new Uint8Array(200 * 2 ** 20))
    expect(bomb.length).toBeLessThan(20_000)
    for (const length of [10, 2 ** 23]) {
      const before = process.resourceUsage().maxRSS
      expect(decodeTelemetry(seal({ body: bomb, isPacked: true, length }))).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/^telemetry: zstd: /),
      })
      expect(process.resourceUsage().maxRSS - before).toBeLessThan(48 * 1024)
    }
  })

  test('a frame that asks for a window of 128 MiB is refused', () => {
    // Magic, a descriptor with no content size, the window, one raw block of three bytes.
    const frame = (window: number) =>
      Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (window - 10) << 3, 25, 0, 0, 0, 0, 0)
    const reasonOf = (window: number) => {
      const decoded = decodeTelemetry(seal({ body: frame(window), isPacked: true, length: 3 }))
      return decoded.ok ? '' : decoded.reason
    }
    expect(reasonOf(20)).not.toContain('zstd')
    expect(reasonOf(27)).toContain('zstd: Frame requires too much memory')
  })
})

describe('telemetryRange', () => {
  test('tells the numbers of a message whose body is bad', () => {
    const bytes = seal({ body: Uint8Array.of(0), epoch: 7, firstSeq: 3, lastSeq: 9 })
    expect(decodeTelemetry(bytes).ok).toBe(false)
    expect(telemetryRange(bytes)).toEqual({ stream: 'telemetry', epoch: 7, firstSeq: 3, lastSeq: 9 })
  })

  test('tells nothing where the header cannot be trusted', () => {
    expect(telemetryRange(Uint8Array.of(1, 0, 5))).toBeUndefined()
    expect(telemetryRange(seal({ body: Uint8Array.of(0) }).fill(9, 3, 4))).toBeUndefined()
  })
})
