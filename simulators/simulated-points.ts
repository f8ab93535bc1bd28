import type { Value } from '#contract/sample.ts'
import { seedOf } from './random.ts'
import { type Generator, inputsOf, nextValue, type Timed } from './signals.ts'

export type SimulatedPoint = { readonly id: string; readonly generator: Generator }

export type PointState = {
  readonly id: string
  readonly value: Value
  readonly at: number
  /** Set by hand: it stays until it is released. */
  readonly held: boolean
}

export type SimulatedPointsOptions = {
  readonly device: string
  readonly points: readonly SimulatedPoint[]
  readonly utcOffsetMin: number
}

/** The inside of one simulated device: what each of its points is worth at a moment. Knows no protocol. */
export class SimulatedPoints {
  readonly #options: SimulatedPointsOptions
  readonly #order: readonly SimulatedPoint[]
  readonly #values = new Map<string, Timed>()
  readonly #held = new Map<string, Value>()
  readonly #written = new Map<string, Timed>()
  #at = Number.NEGATIVE_INFINITY

  constructor(options: SimulatedPointsOptions) {
    this.#options = options
    this.#order = inputsFirst(options.points)
  }

  has(point: string): boolean {
    return this.#order.some((one) => one.id === point)
  }

  /** Moves every point on to `now`; nothing happens when time has not moved. */
  advance(now: number): void {
    if (now <= this.#at) return
    this.#at = now
    for (const { id, generator } of this.#order)
      this.#values.set(id, { at: now, value: this.#next(id, generator) })
  }

  value(point: string): Value {
    return this.#held.has(point) ? (this.#held.get(point) ?? null) : (this.#values.get(point)?.value ?? null)
  }

  hold(point: string, value: Value): void {
    this.#held.set(point, value)
  }

  /** Lets the generator have it again; without a point, all of them. */
  release(point?: string): void {
    if (point === undefined) this.#held.clear()
    else this.#held.delete(point)
  }

  /** A client wrote to the device. */
  write(point: string, value: Value, now: number): void {
    this.#held.delete(point)
    this.#written.set(point, { at: now, value })
    this.#at = Number.NEGATIVE_INFINITY
    this.advance(now)
  }

  list(): readonly PointState[] {
    return this.#order.map(({ id }) => ({
      id,
      value: this.value(id),
      at: this.#values.get(id)?.at ?? 0,
      held: this.#held.has(id),
    }))
  }

  #next(id: string, generator: Generator): Value {
    const previous = this.#values.get(id)
    const written = this.#written.get(id)
    if (written !== undefined && generator.gen !== 'follow') return written.value
    return nextValue(generator, {
      at: this.#at,
      seed: seedOf(`${this.#options.device}/${id}`),
      utcOffsetMin: this.#options.utcOffsetMin,
      valueOf: (point) => this.value(point),
      ...(previous === undefined ? {} : { previous }),
      ...(written === undefined ? {} : { written }),
    })
  }
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
