/** Batches for the tests of the codec: the same for the same seed, and of every kind that the format has a form for. */
import { columnsOf } from '../columns.ts'
import { qualityCodes } from '../quality.ts'
import type { Sample, Value } from '../sample.ts'
import type { TelemetryBatch } from '../telemetry.ts'

/** From 0 up to, but without, 1 (mulberry32). */
export type Random = () => number

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T
}

const devices = ['meter-', 'lux-', 'room-00', 'dali-1/gear.', '教室', 'x', '', 'zb-00158d0001a2b']
const names = [
  'voltage.l1',
  'voltage.l2',
  'power.active',
  'relay.1',
  'relay.8',
  'temperature',
  'x.rail.3',
  '温度',
  'motion',
]
const texts = ['', 'off', 'evening', '晚上', '🌙', 'a'.repeat(200)]

export function randomBatch(random: Random): TelemetryBatch {
  const firstSeq = Math.floor(random() * 2 ** pick(random, [1, 20, 50]))
  return {
    epoch: Math.floor(random() * 2 ** pick(random, [1, 47, 52])),
    firstSeq,
    lastSeq: firstSeq + Math.floor(random() * pick(random, [1, 100])),
    samples: columnsOf(randomSamples(random)),
  }
}

function randomSamples(random: Random): Sample[] {
  const count = pick(random, [1, 2, 5, 20, 60, 300])
  const points = Array.from({ length: Math.ceil(random() * pick(random, [1, 5, 50])) }, () =>
    randomPoint(random),
  )
  const clock = randomClock(random)
  const oneKind = random() < 0.3 ? pick(random, valueKinds) : undefined
  const isCalm = random() < 0.5
  return Array.from({ length: count }, () => {
    const late = !isCalm && random() < 0.2
    return {
      point: pick(random, points),
      t: clock(),
      value: (oneKind ?? pick(random, valueKinds))(random),
      quality: isCalm ? qualityCodes.good : pick(random, Object.values(qualityCodes)),
      ...(late ? { late } : {}),
    }
  })
}

function randomPoint(random: Random): string {
  const device =
    pick(random, devices) + (random() < 0.8 ? Math.floor(random() * pick(random, [3, 40, 2e9])) : '')
  return device === '' ? pick(random, names) : `${device}/${pick(random, names)}`
}

/** Mostly forwards; now and then the same time again, or a jump of years to either side. */
function randomClock(random: Random): () => number {
  let t = Math.floor((random() - 0.3) * 4e12)
  const step = pick(random, [0, 1, 10_000, 3_600_000])
  return () => {
    const chance = random()
    if (chance < 0.02) t = Math.floor((random() - 0.5) * 2 ** pick(random, [40, 51]))
    else if (chance < 0.9) t += step + Math.floor(random() * 50)
    return Math.max(-(2 ** 51), Math.min(2 ** 51, t))
  }
}

const special = [0, -0, 5e-324, Number.MAX_VALUE, Infinity, -Infinity, 2 ** 48, -(2 ** 53), 0.1 + 0.2, 1 / 3]

const valueKinds: readonly ((random: Random) => Value)[] = [
  (random) => Math.round(random() * 3000) / pick(random, [1, 10, 100]),
  (random) => Math.round((random() - 0.5) * 2e9) / 1e6,
  (random) => Math.fround(random() * 500 - 100),
  (random) => random() * 10 ** (random() * 40 - 20),
  (random) => pick(random, special),
  (random) => random() < 0.5,
  (random) => pick(random, texts),
  () => null,
]
