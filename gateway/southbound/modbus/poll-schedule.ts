import { MinHeap } from './min-heap.ts'
import type { OwnedBlock } from './owned-points.ts'
import { ProbeBudget } from './probe-budget.ts'
import type { UnitState } from './unit-state.ts'

/** How long a point that the device refuses is left out. */
const parkedMs = 3_600_000
/** What falls due this soon is read now: one wake-up for the blocks of a unit instead of one for each. */
const earlyMs = 5

export type Entry = {
  readonly unit: UnitState
  readonly block: OwnedBlock
  /** Monotonic ms. */
  dueAt: number
  /** When its next beat begins: of what is due, the one that has least time left is read first. */
  deadline: number
  /** Keeps blocks of one period apart, so that they don't all fall due together. */
  readonly phaseMs: number
  read: boolean
  parked: boolean
  /** Broken answers in a row. */
  broken: number
}

export type Planned = { readonly unit: UnitState; readonly block: OwnedBlock }

/** Either what to read now, or when there will be something. */
export type Next = { readonly entry: Entry } | { readonly at: number }

/**
 * Which block is read next, and when. Everything is due at the start; after that each block keeps its own beat. A silent
 * unit is represented by one block alone, and the waiting for units that don't answer has a budget.
 */
export class PollSchedule {
  readonly #startedAt: number
  readonly #budget: ProbeBudget
  readonly #entries = new Map<UnitState, Entry[]>()
  readonly #waiting = new MinHeap<Entry>((entry) => entry.dueAt)
  readonly #due = new MinHeap<Entry>((entry) => entry.deadline)
  #doubtful = new Set<UnitState>()
  /** Beats that passed without a read: the bus is too slow for what is asked of it. */
  overruns = 0

  constructor(planned: readonly Planned[], nowMs: number) {
    this.#startedAt = nowMs
    this.#budget = new ProbeBudget(nowMs)
    for (const { unit } of planned) this.#entries.set(unit, [])
    for (const [pollMs = 0, members] of Map.groupBy(planned, ({ block }) => block.pollMs)) {
      const units = [...new Set(members.map(({ unit }) => unit))]
      for (const one of members) {
        const dueAt = nowMs + one.unit.warmupMs
        // Phases are spread over the units: the blocks of one follow each other.
        const phaseMs = (pollMs * units.indexOf(one.unit)) / units.length
        this.#add({ ...one, dueAt, phaseMs, deadline: dueAt, read: false, parked: false, broken: 0 })
      }
    }
  }

  next(nowMs: number): Next {
    for (;;) {
      while ((this.#waiting.first?.dueAt ?? Number.POSITIVE_INFINITY) <= nowMs + earlyMs) {
        const entry = this.#waiting.pop()
        if (entry !== undefined) this.#due.push(entry)
      }
      const entry = this.#due.pop()
      if (entry === undefined) return { at: this.#waiting.first?.dueAt ?? Number.POSITIVE_INFINITY }
      const from = this.#allowedFrom(entry.unit, nowMs)
      if (from <= nowMs) return { entry }
      entry.dueAt = from + earlyMs
      this.#waiting.push(entry)
    }
  }

  /** It was read, or there is nothing to be had this time. */
  done(entry: Entry, nowMs: number): void {
    const { pollMs } = entry.block
    entry.parked = false
    entry.broken = 0
    if (pollMs === undefined) {
      entry.dueAt = Number.POSITIVE_INFINITY
      return
    }
    const beat = entry.read ? entry.deadline : this.#startedAt + entry.phaseMs
    const passed = Math.floor((nowMs - beat) / pollMs)
    // The beat that runs is still to be read; right after the first read it is not.
    const skipped = Math.max(0, entry.read ? passed : passed + 1)
    if (entry.read) this.overruns += skipped
    entry.read = true
    this.#wait(entry, beat + skipped * pollMs)
  }

  /** Once more, behind everything that is due already. */
  again(entry: Entry, nowMs: number): void {
    entry.dueAt = nowMs
    this.#waiting.push(entry)
  }

  park(entry: Entry, nowMs: number): void {
    entry.parked = true
    entry.dueAt = nowMs + parkedMs
    entry.deadline = entry.dueAt
    this.#waiting.push(entry)
  }

  /** Smaller blocks in place of one that was refused. */
  replace(entry: Entry, blocks: readonly OwnedBlock[], nowMs: number): void {
    const own = this.#entries.get(entry.unit) ?? []
    this.#entries.set(
      entry.unit,
      own.filter((one) => one !== entry),
    )
    for (const block of blocks) this.#add({ ...entry, block, dueAt: nowMs, broken: 0 })
  }

  /** One more request to this unit stayed without an answer for `waitedMs`. Until it answers, the budget goes for it. */
  doubt(unit: UnitState, waitedMs: number): void {
    if (this.#doubtful.has(unit)) this.#budget.spend(waitedMs)
    this.#doubtful.add(unit)
  }

  /** The unit is silent: only its probe is asked, at `at`. */
  rest(unit: UnitState, at: number): void {
    this.#forget(unit)
    const probe = this.#probeOf(unit)
    if (probe === undefined) return
    probe.dueAt = at
    probe.deadline = at
    this.#waiting.push(probe)
  }

  /** A unit is back: everything of it is due, what is read once too. Parked points stay parked. */
  wake(unit: UnitState, nowMs: number, inHand?: Entry): void {
    this.#forget(unit)
    for (const entry of this.#entries.get(unit) ?? []) {
      if (entry === inHand) continue
      if (!entry.parked) {
        entry.dueAt = nowMs
        entry.deadline = nowMs + (entry.block.pollMs ?? 0)
        entry.read = false
      }
      this.#waiting.push(entry)
    }
  }

  /** It answered, whatever the answer was. */
  trust(unit: UnitState): void {
    this.#doubtful.delete(unit)
  }

  /** When a silent unit is asked again: its own wait is over, and the budget allows it. */
  probeAt(unit: UnitState, nowMs: number): number {
    return Math.max(unit.silentUntil ?? nowMs, this.#allowedFrom(unit, nowMs))
  }

  parkedOf(unit: UnitState): string[] {
    const parked = (this.#entries.get(unit) ?? []).filter((entry) => entry.parked)
    return parked.flatMap(({ block }) => block.points.map(({ owner, id }) => `${owner.device.id}/${id}`))
  }

  #allowedFrom(unit: UnitState, nowMs: number): number {
    if (!this.#doubtful.has(unit)) return nowMs
    // There is nobody whose cycles could suffer.
    if (this.#doubtful.size >= this.#entries.size) return nowMs
    return this.#budget.from(nowMs, this.#doubtful.size)
  }

  #add(entry: Entry): void {
    const own = this.#entries.get(entry.unit)
    if (own === undefined) this.#entries.set(entry.unit, [entry])
    else own.push(entry)
    this.#waiting.push(entry)
  }

  #wait(entry: Entry, dueAt: number): void {
    entry.dueAt = dueAt
    entry.deadline = dueAt + (entry.block.pollMs ?? 0)
    this.#waiting.push(entry)
  }

  #forget(unit: UnitState): void {
    this.#waiting.remove((entry) => entry.unit === unit)
    this.#due.remove((entry) => entry.unit === unit)
  }

  #probeOf(unit: UnitState): Entry | undefined {
    const own = this.#entries.get(unit) ?? []
    const usable = own.filter(({ parked }) => !parked)
    const isProbe = ({ block }: Entry) =>
      block.points.some((point) => point.owner.device.address.probe === point.id)
    return usable.find(isProbe) ?? usable[0] ?? own[0]
  }
}
