import type { Value } from '#contract/sample.ts'
import { seedOf } from './random.ts'
import { type Generator, inputsOf, nextValue, type Timed } from './signals.ts'

export type SimulatedPoint = {
  readonly id: string
  readonly generator: Generator
  /** Another point that is written instead of this one: this one shows what came of it. */
  readonly follows?: string
}

export type PointState = {
  readonly id: string
  readonly value: Value
  readonly at: number
  /** Set by hand: it stays until it is released. */
  readonly held: boolean
}

/** What happens by itself `afterMs` after the start: the point keeps the value. */
export type ScriptStep = { readonly afterMs: number; readonly point: string; readonly value: Value }

export type SimulatedPointsOptions = {
  readonly device: string
  readonly points: readonly SimulatedPoint[]
  readonly utcOffsetMin: number
  readonly script?: readonly ScriptStep[]
}

type Slot = SimulatedPoint & {
  readonly seed: number
  current?: Timed
  held?: { readonly value: Value }
  written?: Timed
}

/** The inside of one simulated device: what each of its points is worth at a moment. Knows no protocol. */
export class SimulatedPoints {
  readonly #utcOffsetMin: number
  /** Inputs before what is made of them. */
  readonly #order: readonly Slot[]
  readonly #slots: ReadonlyMap<string, Slot>
  readonly #script: ScriptStep[]
  readonly #restless: readonly string[]
  #startedAt: number | undefined
  #at = Number.NEGATIVE_INFINITY

  constructor({ device, points, utcOffsetMin, script = [] }: SimulatedPointsOptions) {
    this.#utcOffsetMin = utcOffsetMin
    this.#order = inputsFirst(points).map((point) => ({ ...point, seed: seedOf(`${device}/${point.id}`) }))
    this.#slots = new Map(this.#order.map((slot) => [slot.id, slot]))
    this.#restless = points
      .filter(({ generator }) => generator.gen === 'markov' || generator.gen === 'poisson')
      .map(({ id }) => id)
    this.#script = script.toSorted((a, b) => a.afterMs - b.afterMs)
  }

  has(point: string): boolean {
    return this.#slots.has(point)
  }

  /** Points that change by themselves from one moment to the next, such as a door. */
  get restless(): readonly string[] {
    return this.#restless
  }

  /** How long a value written to the point takes to be there, ms. */
  settlesWithin(point: string): number {
    const slots = this.#order.filter(({ id, follows }) => id === point || follows === point)
    return Math.max(0, ...slots.map(settleMs))
  }

  /** Moves every point on to `now`; nothing happens when time has not moved. */
  advance(now: number): void {
    if (now <= this.#at) return
    this.#at = now
    this.#startedAt ??= now
    this.#play(now - this.#startedAt)
    for (const slot of this.#order) {
      if (slot.generator.gen === 'const' && slot.current !== undefined && slot.written === undefined) continue
      slot.current = { at: now, value: this.#next(slot) }
    }
  }

  value(point: string): Value {
    const slot = this.#slots.get(point)
    if (slot?.held !== undefined) return slot.held.value
    return slot?.current?.value ?? null
  }

  hold(point: string, value: Value): void {
    const slot = this.#slots.get(point)
    if (slot !== undefined) slot.held = { value }
  }

  /** Lets the generator have it again; without a point, all of them. */
  release(point?: string): void {
    for (const slot of this.#order) if (point === undefined || slot.id === point) delete slot.held
  }

  /** True when a person or a client gave the point its value. */
  isGiven(point: string): boolean {
    const slot = this.#slots.get(point)
    return slot?.held !== undefined || slot?.written !== undefined
  }

  /** A client wrote to the device. */
  write(point: string, value: Value, now: number): void {
    for (const slot of this.#order) {
      if (slot.id !== point && slot.follows !== point) continue
      delete slot.held
      slot.written = { at: now, value }
    }
    this.#at = Number.NEGATIVE_INFINITY
    this.advance(now)
  }

  list(): readonly PointState[] {
    return this.#order.map(({ id, current, held }) => ({
      id,
      value: this.value(id),
      at: current?.at ?? 0,
      held: held !== undefined,
    }))
  }

  #play(afterMs: number): void {
    for (let next = this.#script[0]; next !== undefined && next.afterMs <= afterMs; next = this.#script[0]) {
      this.hold(next.point, next.value)
      this.#script.shift()
    }
  }

  #next({ generator, seed, current, written }: Slot): Value {
    if (written !== undefined && generator.gen !== 'follow') return written.value
    return nextValue(generator, {
      at: this.#at,
      seed,
      utcOffsetMin: this.#utcOffsetMin,
      valueOf: (point) => this.value(point),
      ...(current === undefined ? {} : { previous: current }),
      ...(written === undefined ? {} : { written }),
    })
  }
}

function settleMs({ generator, written, current }: Slot): number {
  if (generator.gen !== 'follow') return 0
  const { delayMs, rampPerS } = generator
  const [from, to] = [current?.value, written?.value]
  if (rampPerS === undefined || typeof from !== 'number' || typeof to !== 'number') return delayMs
  return delayMs + (Math.abs(to - from) / rampPerS) * 1000
}

/** Depth first; a ring of points is cut where it closes. */
function inputsFirst(points: readonly SimulatedPoint[]): readonly SimulatedPoint[] {
  const byId = new Map(points.map((point) => [point.id, point]))
  const ordered = new Set<SimulatedPoint>()
  const visiting = new Set<string>()
  const visit = (point: SimulatedPoint): void => {
    if (visiting.has(point.id)) return
    visiting.add(point.id)
    for (const input of inputsOf(point.generator)) {
      const found = byId.get(input)
      if (found !== undefined) visit(found)
    }
    ordered.add(point)
  }
  for (const point of points) visit(point)
  return [...ordered]
}
