import type { Value } from '#contract/sample.ts'
import { normal, uniform } from './random.ts'

/** How one simulated point moves: the closed list of the profile language, durations in ms, clock times in minutes. */
export type Generator =
  | { readonly gen: 'const'; readonly value: Value }
  | { readonly gen: 'gauss'; readonly mean: number; readonly sd: number }
  /** Mean-reverting: `sd` is the spread it settles to, `theta` the part of the way back taken each second. */
  | { readonly gen: 'walk'; readonly mean: number; readonly sd: number; readonly theta: number }
  /** A school day: `base` when closed, up to `peak` between `openMin` and `closeMin`. */
  | {
      readonly gen: 'day'
      readonly base: number
      readonly peak: number
      readonly openMin: number
      readonly closeMin: number
      readonly noise: number
      readonly weekend: number
    }
  | { readonly gen: 'sun'; readonly peak: number }
  | { readonly gen: 'sum'; readonly of: readonly string[] }
  | { readonly gen: 'ratio'; readonly of: string; readonly by: string; readonly mul: number }
  /** A counter: grows by `of × mul` per hour, so W with 0.001 gives kWh. */
  | { readonly gen: 'integrate'; readonly of: string; readonly mul: number; readonly start: number }
  /** Leaves `states[i]` for the next one `rates[i]` times a minute on average. */
  | { readonly gen: 'markov'; readonly states: readonly Value[]; readonly rates: readonly number[] }
  | { readonly gen: 'poisson'; readonly perDay: number; readonly holdMs: number }
  /** What was written, after `delayMs`; a number moves at most `rampPerS`. */
  | { readonly gen: 'follow'; readonly start: Value; readonly delayMs: number; readonly rampPerS?: number }
  | { readonly gen: 'copy'; readonly of: string }
  | { readonly gen: 'battery'; readonly lifeDays: number }
  /** Moves on each time it is asked, and starts again at `wrap`. */
  | { readonly gen: 'count'; readonly start: number; readonly step: number; readonly wrap: number }

export type Timed = { readonly at: number; readonly value: Value }

export type SignalContext = {
  readonly at: number
  readonly seed: number
  /** Local time minus UTC: school hours and daylight are local. */
  readonly utcOffsetMin: number
  /** What this point was last, where it was anything. */
  readonly previous?: Timed
  /** What a client wrote to this point last. */
  readonly written?: Timed
  /** The present value of another point of the same device. */
  readonly valueOf: (point: string) => Value
}

const secondMs = 1000
/** Noise without memory changes this often: faster than anything polls. */
const noiseMs = 50
const hourMs = 3_600_000
const dayMin = 1440

/** The next value of a point. Pure: the same context gives the same value. */
export function nextValue(generator: Generator, context: SignalContext): Value {
  switch (generator.gen) {
    case 'const':
      return generator.value
    case 'gauss':
      return generator.mean + generator.sd * normal(context.seed, Math.floor(context.at / noiseMs))
    case 'walk':
      return walk(generator, context)
    case 'day':
      return day(generator, context)
    case 'sun':
      return sun(generator.peak, context)
    case 'sum':
      return generator.of.reduce((total, point) => total + numberOf(context.valueOf(point)), 0)
    case 'ratio': {
      const by = numberOf(context.valueOf(generator.by))
      return by === 0 ? 0 : (numberOf(context.valueOf(generator.of)) / by) * generator.mul
    }
    case 'integrate':
      return integrate(generator, context)
    case 'markov':
      return markov(generator, context)
    case 'poisson':
      return poisson(generator, context)
    case 'follow':
      return follow(generator, context)
    case 'copy':
      return context.valueOf(generator.of)
    case 'count': {
      const next =
        context.previous === undefined ? generator.start : numberOf(context.previous.value) + generator.step
      return next >= generator.wrap ? generator.start : next
    }
    case 'battery':
      return 100 - ((context.at / hourMs / 24 / generator.lifeDays + uniform(context.seed, 0)) % 1) * 100
  }
}

/** The points a generator reads: they must be computed first. */
export function inputsOf(generator: Generator): readonly string[] {
  switch (generator.gen) {
    case 'sum':
      return generator.of
    case 'ratio':
      return [generator.of, generator.by]
    case 'integrate':
    case 'copy':
      return [generator.of]
    case 'const':
    case 'gauss':
    case 'walk':
    case 'day':
    case 'sun':
    case 'markov':
    case 'poisson':
    case 'follow':
    case 'battery':
    case 'count':
      return []
  }
}

type Only<G extends Generator['gen']> = Extract<Generator, { gen: G }>

function walk({ mean, sd, theta }: Only<'walk'>, { at, seed, previous }: SignalContext): number {
  const last = stepOf(at)
  const first = previous === undefined ? last : Math.max(stepOf(previous.at), last - 300)
  let value = previous === undefined ? mean + sd * normal(seed, last) : numberOf(previous.value)
  const kick = sd * Math.sqrt(1 - (1 - theta) ** 2)
  for (let step = first + 1; step <= last; step++) value += theta * (mean - value) + kick * normal(seed, step)
  return value
}

function day(generator: Only<'day'>, context: SignalContext): number {
  const { minute, weekday } = localTime(context)
  const { base, peak, openMin, closeMin } = generator
  const hours = minute >= openMin && minute < closeMin ? (minute - openMin) / (closeMin - openMin) : undefined
  // Two humps, before and after the noon break.
  const shape = hours === undefined ? 0 : 0.55 + 0.45 * Math.abs(Math.sin(2 * Math.PI * hours))
  const part = weekday === 0 || weekday === 6 ? generator.weekend : 1
  const noise = 1 + generator.noise * normal(context.seed, Math.floor(context.at / noiseMs))
  return Math.max(0, (base + (peak - base) * shape * part) * noise)
}

/** Daylight out of doors between 6:00 and 18:00 local time, dimmed by clouds that take minutes to pass. */
function sun(peak: number, context: SignalContext): number {
  const { minute } = localTime(context)
  const height = Math.sin((Math.PI * (minute - 360)) / 720)
  if (height <= 0) return 0
  const blockMs = 5 * 60_000
  const block = Math.floor(context.at / blockMs)
  const part = (context.at % blockMs) / blockMs
  const clouds = (1 - part) * uniform(context.seed, block) + part * uniform(context.seed, block + 1)
  return peak * height * (1 - 0.6 * clouds)
}

function integrate({ of, mul, start }: Only<'integrate'>, context: SignalContext): number {
  if (context.previous === undefined) return start
  const hours = Math.max(0, context.at - context.previous.at) / hourMs
  return numberOf(context.previous.value) + numberOf(context.valueOf(of)) * mul * hours
}

function markov({ states, rates }: Only<'markov'>, { at, seed, previous }: SignalContext): Value {
  const last = stepOf(at)
  const first = previous === undefined ? last : Math.max(stepOf(previous.at), last - 3600)
  let index = previous === undefined ? 0 : Math.max(0, states.indexOf(previous.value))
  for (let step = first + 1; step <= last; step++) {
    if (uniform(seed, step) < 1 - Math.exp(-(rates[index] ?? 0) / 60)) index = (index + 1) % states.length
  }
  return states[index] ?? null
}

function poisson({ perDay, holdMs }: Only<'poisson'>, { at, seed }: SignalContext): boolean {
  const chance = perDay / 86_400
  for (let step = stepOf(at); step > stepOf(at - holdMs); step--)
    if (uniform(seed, step) < chance) return true
  return false
}

function follow(generator: Only<'follow'>, { at, previous, written }: SignalContext): Value {
  const held = previous?.value ?? generator.start
  if (written === undefined || at < written.at + generator.delayMs) return held
  const { rampPerS } = generator
  if (rampPerS === undefined || typeof written.value !== 'number' || typeof held !== 'number')
    return written.value
  const step = (rampPerS * (at - (previous?.at ?? at))) / secondMs
  return held + Math.max(-step, Math.min(step, written.value - held))
}

function localTime({ at, utcOffsetMin }: SignalContext): { minute: number; weekday: number } {
  const minutes = at / 60_000 + utcOffsetMin
  return { minute: minutes % dayMin, weekday: (Math.floor(minutes / dayMin) + 4) % 7 }
}

function stepOf(at: number): number {
  return Math.floor(at / secondMs)
}

function numberOf(value: Value): number {
  return typeof value === 'number' ? value : Number(value === true)
}
