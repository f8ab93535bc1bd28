import { expect, test } from 'vitest'
import { device, point } from './fixtures/devices.ts'
import { planReads } from './plan-reads.ts'
import { PollSchedule } from './poll-schedule.ts'
import { UnitState } from './unit-state.ts'

function unitWith(id: string, periods: readonly number[]): UnitState {
  const points = periods.map((pollMs, i) => point(`x.${id}${i}`, { addr: i * 10 }, { pollMs }))
  return new UnitState(device(id, 1, { points }), {
    report: () => {},
    link: () => {},
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
  } as unknown as ConstructorParameters<typeof UnitState>[1])
}
const planned = (unit: UnitState) =>
  planReads(unit.device.points, unit.device.address).map((block) => ({ unit, block }))

/** Reads whatever is due, each taking `costMs`, and says when each address was read. */
function play(schedule: PollSchedule, untilMs: number, costMs: number): Map<number, number[]> {
  const reads = new Map<number, number[]>()
  let now = 0
  for (;;) {
    const next = schedule.next()
    if (next === undefined) return reads
    now = Math.max(now, next.at)
    if (now > untilMs) return reads
    const { addr } = next.entry.block
    reads.set(addr, [...(reads.get(addr) ?? []), now])
    now += costMs
    schedule.done(next.entry, now)
  }
}

test('everything is read at once at the start; then every block keeps its beat, apart from the others', () => {
  const reads = play(new PollSchedule(planned(unitWith('a', [1000, 1000, 1000, 1000])), 0), 5000, 10)
  expect([...reads.values()].map(([first]) => first)).toEqual([0, 10, 20, 30])
  expect([...reads.values()].map((at) => at.slice(1, 4))).toEqual([
    [1000, 2000, 3000],
    [250, 1250, 2250],
    [500, 1500, 2500],
    [750, 1750, 2750],
  ])
})

test('a bus that is too slow skips beats, counts them, and starves nobody', () => {
  const schedule = new PollSchedule(planned(unitWith('a', [100, 100, 100])), 0)
  const counts = [...play(schedule, 10_000, 80).values()].map(({ length }) => length)
  expect(Math.min(...counts)).toBeGreaterThan(30)
  expect(schedule.overruns).toBeGreaterThan(10)
})

test('a silent unit is asked for its probe alone, when its wait is over, and for everything once it is back', () => {
  const unit = unitWith('a', [1000, 1000])
  const schedule = new PollSchedule(planned(unit), 0)
  unit.silentUntil = 700
  expect(schedule.next()).toMatchObject({ at: 700, entry: { block: { addr: 0 } } })
  unit.silentUntil = undefined
  schedule.wake(unit, 700)
  expect([...play(schedule, 700, 0).keys()]).toEqual([0, 10])
})

test('a refused block that cannot be cut rests for an hour; what the unit does meanwhile does not wake it', () => {
  const unit = unitWith('a', [1000])
  const schedule = new PollSchedule(planned(unit), 0)
  const next = schedule.next()
  if (next === undefined) throw new Error('nothing planned')
  schedule.park(next.entry, 0)
  schedule.wake(unit, 5000)
  expect(schedule.next()?.at).toBe(3_600_000)
  schedule.done(next.entry, 3_600_000)
  expect(schedule.next()?.at).toBeLessThanOrEqual(3_601_000)
})
