import { expect, test } from 'vitest'
import { device, point } from './fixtures/devices.ts'
import { LineStats } from './line-stats.ts'
import { planUnit } from './owned-points.ts'
import { PollSchedule } from './poll-schedule.ts'
import { UnitState } from './unit-state.ts'

function unitWith(id: string, periods: readonly number[], unit = 1): UnitState {
  const points = periods.map((pollMs, i) => point(`x.${id}${i}`, { addr: i * 10 }, { pollMs }))
  const host = {
    report: () => {},
    link: () => {},
    trouble: () => {},
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => {} },
  } as unknown as ConstructorParameters<typeof UnitState>[1]
  return new UnitState([device(id, unit, { points })], host, new LineStats(0).unit(unit))
}
const planned = (...units: readonly UnitState[]) =>
  units.flatMap((unit) => planUnit(unit.devices, unit).map((block) => ({ unit, block })))

type Played = { readonly untilMs: number; readonly costMs: number; readonly dead?: UnitState }

/** Reads whatever is due, each taking `costMs`, and says when each address of each unit was read. */
function play(schedule: PollSchedule, { untilMs, costMs }: Played, from = 0): Map<string, number[]> {
  const reads = new Map<string, number[]>()
  let now = from
  for (;;) {
    const next = schedule.next(now)
    if ('at' in next) {
      if (next.at > untilMs) return reads
      now = Math.max(now, next.at)
      continue
    }
    if (now > untilMs) return reads
    const { unit, block } = next.entry
    const name = `${unit.unit}:${block.addr}`
    reads.set(name, [...(reads.get(name) ?? []), now])
    now += costMs
    schedule.done(next.entry, now)
  }
}

/** What is to be read now. */
function taken(schedule: PollSchedule, now: number) {
  const next = schedule.next(now)
  if ('at' in next) throw new Error(`nothing until ${next.at}`)
  return next.entry
}

test('everything is read at once at the start; then every unit keeps its beat, apart from the others', () => {
  const units = [1, 2, 3, 4].map((unit) => unitWith(`u${unit}`, [1000], unit))
  const reads = play(new PollSchedule(planned(...units), 0), { untilMs: 5000, costMs: 10 })
  expect([...reads.values()].map(([first]) => first)).toEqual([0, 10, 20, 30])
  expect([...reads.values()].map((at) => at.slice(1, 4))).toEqual([
    [1000, 2000, 3000],
    [250, 1250, 2250],
    [500, 1500, 2500],
    [750, 1750, 2750],
  ])
})

test('the blocks of one unit are read one after the other, without a pause between them', () => {
  const reads = play(new PollSchedule(planned(unitWith('a', [1000, 1000, 1000])), 0), {
    untilMs: 1500,
    costMs: 10,
  })
  expect([...reads.values()].map((at) => at[1])).toEqual([1000, 1010, 1020])
})

test('a slow block yields to a fast one that would miss its beat, and is read all the same', () => {
  const units = [unitWith('slow', [60_000, 60_000, 60_000], 1), unitWith('fast', [100], 2)]
  const schedule = new PollSchedule(planned(...units), 0)
  const reads = play(schedule, { untilMs: 180_000, costMs: 60 })
  expect(schedule.overruns).toBe(0)
  expect(reads.get('2:0')?.length).toBeGreaterThan(1750)
  for (const addr of [0, 10, 20]) expect(reads.get(`1:${addr}`)?.length).toBeGreaterThanOrEqual(3)
})

test('a bus that is too slow skips beats, counts them, and starves nobody', () => {
  const schedule = new PollSchedule(planned(unitWith('a', [100, 100, 100])), 0)
  const counts = [...play(schedule, { untilMs: 10_000, costMs: 80 }).values()].map(({ length }) => length)
  expect(Math.min(...counts)).toBeGreaterThan(30)
  expect(schedule.overruns).toBeGreaterThan(10)
})

test('a silent unit is asked for its probe alone, when its wait is over, and for everything once it is back', () => {
  const unit = unitWith('a', [1000, 1000])
  const schedule = new PollSchedule(planned(unit), 0)
  schedule.doubt(unit, 100)
  schedule.rest(unit, 700)
  expect(schedule.next(0)).toEqual({ at: 700 })
  const probe = taken(schedule, 700)
  expect(probe.block.addr).toBe(0)
  schedule.trust(unit)
  schedule.wake(unit, 700, probe)
  schedule.done(probe, 700)
  expect(taken(schedule, 700).block.addr).toBe(10)
})

test('waiting for units that do not answer takes at most its share of the time', () => {
  const alive = unitWith('alive', [1000], 1)
  const dead = [2, 3, 4, 5].map((unit) => unitWith(`dead${unit}`, [1000], unit))
  const schedule = new PollSchedule(planned(alive, ...dead), 0)
  let now = 0
  let waited = 0
  while (now < 300_000) {
    const next = schedule.next(now)
    if ('at' in next) now = next.at
    else if (next.entry.unit === alive) {
      now += 10
      schedule.done(next.entry, now)
    } else {
      now += 1000
      if (now > 10_000) waited += 1000
      schedule.doubt(next.entry.unit, 1000)
      schedule.rest(next.entry.unit, now + 1)
    }
  }
  expect(waited / 290_000).toBeLessThan(0.085)
  expect(waited / 290_000).toBeGreaterThan(0.07)
})

test('a refused block that cannot be cut rests for an hour; what the unit does meanwhile does not wake it', () => {
  const unit = unitWith('a', [1000])
  const schedule = new PollSchedule(planned(unit), 0)
  const entry = taken(schedule, 0)
  schedule.park(entry, 0)
  expect(schedule.parkedOf(unit)).toEqual(['a/x.a0'])
  schedule.wake(unit, 5000)
  expect(schedule.next(5000)).toEqual({ at: 3_600_000 })
  schedule.done(taken(schedule, 3_600_000), 3_600_000)
  expect(schedule.parkedOf(unit)).toEqual([])
  expect(schedule.next(3_600_000)).toEqual({ at: expect.any(Number) })
  expect(taken(schedule, 3_601_000).block.addr).toBe(0)
})
