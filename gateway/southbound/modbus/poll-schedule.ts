import type { ReadBlock } from './plan-reads.ts'
import type { UnitState } from './unit-state.ts'

/** How long a point that the device refuses is left out. */
const parkedMs = 3_600_000

export type Entry = {
  readonly unit: UnitState
  readonly block: ReadBlock
  /** Monotonic ms. */
  dueAt: number
  /** Keeps blocks of one period apart, so that they don't all fall due together. */
  readonly phaseMs: number
  read: boolean
  parked: boolean
}

export type Planned = { readonly unit: UnitState; readonly block: ReadBlock }

/** Which block is read next, and when. Everything is due at the start; after that each block keeps its own beat. */
export class PollSchedule {
  readonly #startedAt: number
  #entries: Entry[]
  /** What a silent unit is asked for. */
  #probes = new Map<UnitState, Entry>()
  /** Reads that fell due again before they were done: the bus is too slow for what is asked of it. */
  overruns = 0

  constructor(planned: readonly Planned[], nowMs: number) {
    this.#startedAt = nowMs
    const classes = Map.groupBy(planned, ({ block }) => block.pollMs)
    this.#entries = [...classes].flatMap(([pollMs = 0, members]) =>
      members.map((one, i) => ({
        ...one,
        dueAt: nowMs,
        phaseMs: (pollMs * i) / members.length,
        read: false,
        parked: false,
      })),
    )
    this.#chooseProbes()
  }

  /** The entry to read next and when; a silent unit is represented by its probe alone. */
  next(): { readonly entry: Entry; readonly at: number } | undefined {
    let best: { entry: Entry; at: number } | undefined
    for (const entry of this.#entries) {
      const at = this.#dueAt(entry)
      if (at !== undefined && (best === undefined || at < best.at)) best = { entry, at }
    }
    return best
  }

  done(entry: Entry, nowMs: number): void {
    const { pollMs } = entry.block
    entry.parked = false
    if (pollMs === undefined) {
      entry.dueAt = Number.POSITIVE_INFINITY
      return
    }
    const due = entry.read ? entry.dueAt + pollMs : this.#startedAt + entry.phaseMs
    const late = nowMs - due
    if (late >= pollMs && entry.read) this.overruns++
    entry.dueAt = late < 0 ? due : due + (Math.floor(late / pollMs) + 1) * pollMs
    entry.read = true
  }

  /** Behind everything that is due already. */
  again(entry: Entry, nowMs: number): void {
    entry.dueAt = nowMs
  }

  park(entry: Entry, nowMs: number): void {
    entry.dueAt = nowMs + parkedMs
    entry.parked = true
    this.#chooseProbes()
  }

  /** Smaller blocks in place of one that was refused. */
  replace(entry: Entry, blocks: readonly ReadBlock[], nowMs: number): void {
    const parts = blocks.map((block) => ({ ...entry, block, dueAt: nowMs }))
    this.#entries = this.#entries.flatMap((one) => (one === entry ? parts : [one]))
    this.#chooseProbes()
  }

  /** A unit is back: everything of it is due, what is read once too. Parked points stay parked. */
  wake(unit: UnitState, nowMs: number): void {
    for (const entry of this.#entries) {
      if (entry.unit !== unit || entry.parked) continue
      entry.dueAt = nowMs
      entry.read = false
    }
  }

  #dueAt(entry: Entry): number | undefined {
    const { silentUntil } = entry.unit
    if (silentUntil === undefined) return entry.dueAt
    return this.#probes.get(entry.unit) === entry ? silentUntil : undefined
  }

  #chooseProbes(): void {
    for (const [unit, own] of Map.groupBy(this.#entries, (entry) => entry.unit)) {
      const usable = own.filter(({ parked }) => !parked)
      const wanted = unit.device.address.probe
      const probe =
        usable.find(({ block }) => block.points.some(({ id }) => id === wanted)) ?? usable[0] ?? own[0]
      if (probe !== undefined) this.#probes.set(unit, probe)
    }
  }
}
