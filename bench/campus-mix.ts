/**
 * What a campus reports: 500 points of ten kinds, read every 10 s, thinned by deadbands, values at the sensor's
 * resolution, source times with the jitter of real polling. Seeded: the same samples on every machine.
 *
 * | devices | points of each | read |
 * |---|---|---|
 * | 12 meters | 3 voltages, 3 currents, 3 + 1 active powers, 1 energy | over Modbus one after the other, in two blocks |
 * | 60 air sensors | temperature, humidity, CO2 | own timer, one message for the three |
 * | 80 lux sensors | illuminance | own timer |
 * | 60 motion sensors | motion | own timer, only changes |
 * | 6 relay boxes | 8 relays | over Modbus, only changes |
 */
import type { Sample } from '#contract/sample.ts'
import { type Random, seededRandom } from './lib/random.ts'

const everyMs = 10_000
const heartbeatMs = 900_000
/** A Tuesday, 10:00 in Shanghai. */
const startAt = Date.UTC(2025, 9, 14, 2)
/** The first report of every point is not what a day looks like. */
const warmUpRounds = 90

type Point = {
  readonly id: string
  /** The physical value at this moment, moving on by one reading. */
  readonly read: () => number
  readonly decimals: number
  /** Report when the value moved by this much; boolean points report changes. */
  readonly deadband: number
  readonly isBoolean: boolean
  reported: number
  reportedAt: number
}

/** Points that are read together and share one source time. */
type Block = {
  readonly points: readonly Point[]
  readonly phaseMs: number
  readonly jitterMs: number
  driftMs: number
}

/** An endless stream in the order in which a gateway sees it. */
export function* campusMix(seed: number): Generator<Sample, never> {
  const random = seededRandom(seed)
  const blocks = [...meters(random), ...airSensors(random), ...luxSensors(random), ...motionSensors(random)]
  blocks.push(...relayBoxes(random))
  for (let round = 0; ; round++) {
    const samples: Sample[] = []
    for (const block of blocks) samples.push(...readBlock(block, round, random))
    samples.sort((a, b) => a.t - b.t)
    if (round >= warmUpRounds) yield* samples
  }
}

export function takeSamples(count: number, seed = 1): Sample[] {
  const samples: Sample[] = []
  for (const sample of campusMix(seed)) {
    samples.push(sample)
    if (samples.length === count) break
  }
  return samples
}

function readBlock(block: Block, round: number, random: Random): Sample[] {
  block.driftMs += random.normal() * 0.5
  const t = Math.round(
    startAt + round * everyMs + block.phaseMs + block.driftMs + random.normal() * block.jitterMs,
  )
  const samples: Sample[] = []
  for (const point of block.points) {
    const power = 10 ** point.decimals
    const value = Math.round(point.read() * power) / power
    const moved = Math.abs(value - point.reported) >= point.deadband - 1e-9
    if (!moved && t - point.reportedAt < heartbeatMs) continue
    point.reported = value
    point.reportedAt = t
    samples.push({ point: point.id, t, value: point.isBoolean ? value !== 0 : value, quality: 192 })
  }
  return samples
}

function number(id: string, decimals: number, deadband: number, read: () => number): Point {
  return { id, read, decimals, deadband, isBoolean: false, reported: Number.NaN, reportedAt: 0 }
}

function boolean(id: string, read: () => number): Point {
  return { id, read, decimals: 0, deadband: 1, isBoolean: true, reported: Number.NaN, reportedAt: 0 }
}

function meters(random: Random): Block[] {
  return ids('meter', 12).flatMap((meter, index) => {
    const phases = ['l1', 'l2', 'l3'].map((phase) => ({ phase, ...load(random) }))
    let energy = 1000 + random.next() * 90_000
    const total = () => phases.reduce((sum, { power }) => sum + power(), 0)
    const electrical = [
      ...phases.map(({ phase, voltage }) => number(`${meter}/voltage.${phase}`, 1, 0.5, voltage)),
      ...phases.map(({ phase, current }) => number(`${meter}/current.${phase}`, 2, 0.05, current)),
      ...phases.map(({ phase, power }) => number(`${meter}/power.active.${phase}`, 0, 20, power)),
    ]
    const sums = [
      number(`${meter}/power.active`, 0, 50, total),
      number(`${meter}/energy.active.import`, 2, 0.05, () => {
        energy += (total() * everyMs) / 3.6e9
        return energy
      }),
    ]
    const phaseMs = index * 120
    return [
      { points: electrical, phaseMs, jitterMs: 6, driftMs: 0 },
      { points: sums, phaseMs: phaseMs + 45, jitterMs: 6, driftMs: 0 },
    ]
  })
}

/** One phase of a feeder: reading the voltage moves it on, the others follow. */
function load(random: Random) {
  const grid = wander(random, { mean: 228, spread: 2.5, keep: 0.97 })
  const use = wander(random, { mean: 0, spread: 0.4, keep: 0.985 })
  const base = 2 + random.next() * 40
  let volts = 228
  let amperes = base
  return {
    voltage: () => {
      volts = grid() + random.normal() * 0.2
      amperes = Math.max(0, base * (1 + use()) + random.normal() * base * 0.004)
      return volts
    },
    current: () => amperes,
    power: () => volts * amperes * 0.93,
  }
}

function airSensors(random: Random): Block[] {
  return ids('air', 60).map((air) => {
    const temperature = wander(random, { mean: 22 + random.normal(), spread: 1.2, keep: 0.995 })
    const humidity = wander(random, { mean: 48 + random.normal() * 4, spread: 5, keep: 0.995 })
    const co2 = wander(random, { mean: 800 + random.normal() * 150, spread: 180, keep: 0.99 })
    return sensor(random, [
      number(`${air}/temperature`, 2, 0.1, () => temperature() + random.normal() * 0.03),
      number(`${air}/humidity`, 1, 0.5, () => humidity() + random.normal() * 0.15),
      number(`${air}/co2`, 0, 15, () => co2() + random.normal() * 5),
    ])
  })
}

function luxSensors(random: Random): Block[] {
  const clouds = wander(random, { mean: 1, spread: 0.25, keep: 0.99 })
  let sky = 1
  const blocks = ids('lux', 80).map((lux, index) => {
    const share = 150 + random.next() * 900
    const read = () => {
      if (index === 0) sky = Math.max(0.1, clouds())
      return share * sky * (1 + random.normal() * 0.015)
    }
    return sensor(random, [number(`${lux}/illuminance`, 0, 20, read)])
  })
  return blocks
}

function motionSensors(random: Random): Block[] {
  return ids('pir', 60).map((pir) => sensor(random, [boolean(`${pir}/motion`, flips(random, 0.12))]))
}

function relayBoxes(random: Random): Block[] {
  return ids('relay', 6).map((box, index) => {
    const relays = ids(`${box}/relay`, 8).map((id) =>
      boolean(id.replace(/-(\d)$/, '.$1'), flips(random, 0.01)),
    )
    return { points: relays, phaseMs: 1500 + index * 60, jitterMs: 6, driftMs: 0 }
  })
}

function sensor(random: Random, points: readonly Point[]): Block {
  return { points, phaseMs: Math.floor(random.next() * everyMs), jitterMs: 25, driftMs: 0 }
}

function ids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`)
}

/** A value that strays from its mean and comes back. */
function wander(
  random: Random,
  { mean, spread, keep }: { mean: number; spread: number; keep: number },
): () => number {
  const step = spread * Math.sqrt(1 - keep * keep)
  let away = random.normal() * spread
  return () => {
    away = away * keep + random.normal() * step
    return mean + away
  }
}

function flips(random: Random, chance: number): () => number {
  let value = random.next() < 0.5 ? 0 : 1
  return () => {
    if (random.next() < chance) value = 1 - value
    return value
  }
}
