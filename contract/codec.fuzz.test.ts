/**
 * Foreign bytes: valid messages that were mutated, cut and spliced, with a checksum that fits, so that the reader behind
 * it is reached. Whatever comes, `decodeTelemetry` answers, quickly and within its limits, and what it takes is a batch.
 */
import { describe, expect, test } from 'vitest'
import { encodeBody } from './codec/encode-body.ts'
import { maxSamples, maxSeries } from './codec/limits.ts'
import { seal } from './codec/seal.ts'
import { pick, type Random, randomBatch, seededRandom } from './codec/seeded-batches.ts'
import { decodeTelemetry, encodeTelemetry } from './codec.ts'
import { columnsProblem } from './columns.ts'
import type { Decoded } from './decoded.ts'
import type { TelemetryBatch } from './telemetry.ts'

/** Far above what any of them takes, to leave room for a busy machine. */
const longestMs = 1000
/** Of a whole test. */
const timeout = 60_000

/** Throws where a promise is broken. Without `expect`, which would be most of the time of 80,000 calls. */
function answer(bytes: Uint8Array): Decoded<TelemetryBatch> {
  const startedAt = performance.now()
  const decoded = decodeTelemetry(bytes)
  const tookMs = performance.now() - startedAt
  const problem = tookMs > longestMs ? `took ${tookMs} ms` : problemOf(decoded)
  if (problem !== undefined)
    throw new Error(`${problem}: ${Buffer.from(bytes).toString('hex').slice(0, 1000)}`)
  return decoded
}

function problemOf(decoded: Decoded<TelemetryBatch>): string | undefined {
  // "unreadable" is what an exception that nobody foresaw becomes.
  if (!decoded.ok) return decoded.reason.includes('unreadable') ? decoded.reason : undefined
  const { samples, firstSeq, lastSeq } = decoded.value
  if (samples.t.length > maxSamples || samples.points.length > maxSeries) return 'above the limits'
  if (new Set(samples.points).size < samples.points.length) return 'a point twice'
  return lastSeq < firstSeq ? 'sequence backwards' : columnsProblem(samples)
}

const mutations: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => flipBits(bytes, random, 1),
  (bytes, random) => flipBits(bytes, random, 1 + Math.floor(random() * 20)),
  (bytes, random) => bytes.slice(0, Math.floor(random() * bytes.length)),
  (bytes, random) => Buffer.concat([bytes, randomBytes(random, 1 + random() * 20)]),
  (bytes, random) => overwrite(bytes, random, pick(random, [0, 255])),
  (bytes, random) => {
    const cut = Math.floor(random() * bytes.length)
    return Buffer.concat([bytes.subarray(0, cut), randomBytes(random, random() * 8), bytes.subarray(cut)])
  },
]

function flipBits(bytes: Uint8Array, random: Random, count: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  for (let i = 0; i < count; i++) {
    const at = Math.floor(random() * changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8))
  }
  return changed
}

function overwrite(bytes: Uint8Array, random: Random, value: number): Uint8Array {
  const from = Math.floor(random() * bytes.length)
  return Uint8Array.from(bytes).fill(value, from, from + 1 + Math.floor(random() * 16))
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length: Math.floor(length) }, () => random() * 256)
}

describe('random bytes', () => {
  test('40,000 mutated bodies under a checksum that fits', { timeout }, () => {
    const random = seededRandom(11)
    let taken = 0
    for (let i = 0; i < 4000; i++) {
      const { bytes } = encodeBody(randomBatch(random).samples)
      for (let j = 0; j < 10; j++) {
        if (answer(seal({ body: pick(random, mutations)(bytes, random) })).ok) taken++
      }
    }
    // Most are refused; some only change a value. If none were taken, the checksum would be all that is tested.
    expect(taken).toBeGreaterThan(400)
    expect(taken).toBeLessThan(20_000)
  })

  test('20,000 mutated messages', { timeout }, () => {
    const random = seededRandom(12)
    for (let i = 0; i < 2000; i++) {
      const bytes = encodeTelemetry(randomBatch(random))
      for (let j = 0; j < 10; j++) {
        const changed = pick(random, mutations)(bytes, random)
        if (answer(changed).ok && Buffer.compare(changed, bytes) !== 0)
          throw new Error('took a changed message')
      }
    }
  })

  test('20,000 bodies of noise', { timeout }, () => {
    const random = seededRandom(13)
    for (let i = 0; i < 20_000; i++)
      answer(seal({ body: Uint8Array.of(0, ...randomBytes(random, random() * 100)) }))
  })

  test('every cut of a message is refused', () => {
    const bytes = encodeTelemetry(randomBatch(seededRandom(14)))
    for (let length = 0; length < bytes.length; length++)
      expect(answer(bytes.subarray(0, length)).ok).toBe(false)
  })
})

describe('large bodies', () => {
  test.each([0x00, 0xff, 0xaa, 0x80, 0x92])('a mebibyte of %i allocates within the limits', (byte) => {
    const before = process.resourceUsage().maxRSS
    const body = new Uint8Array(2 ** 20 - 64).fill(byte)
    body[0] = 0
    for (let shift = 1; shift < 12; shift++) {
      answer(seal({ body }))
      body[shift] = 0x5a
    }
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(160 * 1024)
  })
})
