import type { SeededChance } from '../support/random.ts'
import type { Fault } from './fault.ts'
import { type FaultName, faults } from './faults.ts'

/** One or two faults that begin together, and the quiet after them. */
export type Act = {
  readonly faults: readonly { readonly name: FaultName; readonly ms: number }[]
  readonly quietMs: number
}

export type ScheduleOptions = {
  readonly totalMs: number
  readonly names: readonly FaultName[]
}

/** Every fault has its turn before one comes back; half of the acts have two at once. The same chance, the same acts. */
export function schedule(chance: SeededChance, { totalMs, names }: ScheduleOptions): readonly Act[] {
  const acts: Act[] = []
  let left = totalMs
  let hat: FaultName[] = []
  while (left > 0) {
    if (hat.length === 0) hat = shuffled(chance, names)
    const first = hat.pop()
    if (first === undefined) break
    const partner = chance.between(0, 2) < 1 ? hat.find((name) => !shareParts(name, first)) : undefined
    if (partner !== undefined) hat = hat.filter((name) => name !== partner)
    const together = partner === undefined ? [first] : [first, partner]
    const act = {
      faults: together.map((name) => ({ name, ms: Math.round(chance.between(300, 5_000)) })),
      quietMs: Math.round(chance.between(200, 2_500)),
    }
    acts.push(act)
    left -= Math.max(...act.faults.map(durationMs)) + act.quietMs
  }
  return acts
}

function durationMs({ name, ms }: Act['faults'][number]): number {
  const { takesMs = 0 }: Fault = faults[name]
  return ms + takesMs
}

function shareParts(one: FaultName, other: FaultName): boolean {
  const parts: readonly string[] = faults[one].touches
  return faults[other].touches.some((part) => parts.includes(part))
}

function shuffled<T>(chance: SeededChance, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: chance.between(0, 1) }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
