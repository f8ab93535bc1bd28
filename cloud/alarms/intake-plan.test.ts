import { expect, test } from 'vitest'
import { isActive } from '#contract/alarm-life.ts'
import type { AlarmEvent } from '#contract/events.ts'
import { SeededChance } from '../../tests/support/random.ts'
import { defaultAlarmSettings } from './alarm-config.ts'
import { type Incoming, IntakePlan, type Known } from './intake-plan.ts'
import { idOf, keyName, lifeOf, type StoredAlarm, type StoredKey, type StoredStep } from './stored-alarm.ts'

const rules = { ...defaultAlarmSettings, suppressedBy: () => undefined }
const t = Date.UTC(2026, 0, 5)
const minute = 60_000

const event = (
  occurrence: string,
  state: AlarmEvent['state'],
  at: number,
  more: Partial<AlarmEvent> = {},
): Incoming => ({
  gateway: 'g-1',
  clockOffsetMs: 0,
  event: {
    ...{ kind: 'alarm', occurrence, rule: 'hot', point: 'd-1/temperature', state, priority: 2 },
    ...{ at, value: 31, title: { en: 'Hot' }, ...more },
  },
})

/** What a store would keep, over many batches. */
class Kept {
  rows = new Map<string, StoredAlarm>()
  keys = new Map<string, StoredKey>()
  history: StoredStep[] = []

  get known(): Known {
    return { rows: [...this.rows.values()], keys: [...this.keys.values()] }
  }

  take(incomings: readonly Incoming[], now: number, with_: Partial<typeof rules> = {}): void {
    const plan = new IntakePlan(this.known, { ...rules, ...with_ }, now)
    plan.take(incomings)
    for (const row of plan.rows) this.rows.set(idOf(row), row)
    for (const key of plan.keys) this.keys.set(keyName(key), key)
    this.history.push(...plan.history)
  }

  row(occurrence: string): StoredAlarm {
    const row = this.rows.get(`g-1/${occurrence}`)
    if (row === undefined) throw new Error(`no ${occurrence}`)
    return row
  }

  get counted(): number {
    return this.history.filter(({ counted }) => counted === 1).length
  }

  acknowledgeAll(): void {
    for (const row of this.rows.values()) if (row.life === 'unacknowledged') this.acknowledge(row.occurrence)
  }

  acknowledge(occurrence: string): void {
    const row = this.row(occurrence)
    const by = { id: 'u1', username: 'li', displayName: 'Li' }
    this.rows.set(idOf(row), {
      ...row,
      life: 'acknowledged',
      acked_json: JSON.stringify({ by, at: t }),
    })
  }
}

test('raised, cleared: people are called once, and it waits for somebody to have seen it', () => {
  const kept = new Kept()
  kept.take([event('o1', 'raised', t)], t + 5)
  expect(kept.row('o1')).toMatchObject({ life: 'unacknowledged', annunciated_at: t + 5, quiet: null })
  kept.take([event('o1', 'cleared', t + minute)], t + minute)
  expect(kept.row('o1')).toMatchObject({ life: 'rtn-unacknowledged', cleared_at: t + minute })
  expect(kept.history.map(({ what, counted }) => [what, counted])).toEqual([
    ['raised', 1],
    ['cleared', 0],
  ])
})

test('the same states sent again after a reconnect change nothing and call nobody', () => {
  const kept = new Kept()
  kept.take([event('o1', 'raised', t)], t)
  const before = kept.row('o1')
  kept.take([event('o1', 'raised', t), event('o1', 'raised', t)], t + 5 * minute)
  expect(kept.row('o1')).toEqual(before)
  expect(kept.counted).toBe(1)
})

test('a gateway without its memory raises anew what is on: the activation goes on under the new name', () => {
  const kept = new Kept()
  kept.take([event('o1', 'raised', t)], t)
  kept.acknowledge('o1')
  kept.take([event('o2', 'raised', t + minute)], t + minute)
  expect(kept.row('o1')).toMatchObject({ life: 'normal', state: 'cleared' })
  expect(kept.row('o2')).toMatchObject({ life: 'acknowledged', quiet: 'known', annunciated_at: t })
  expect(kept.counted).toBe(1)
})

test('an acknowledgement belongs to its occurrence: the next one calls', () => {
  const kept = new Kept()
  kept.take([event('o1', 'raised', t)], t)
  kept.acknowledge('o1')
  kept.take([event('o1', 'cleared', t + 1_000)], t + 1_000)
  kept.take([event('o2', 'raised', t + 2_000)], t + 2_000)
  expect(kept.row('o2')).toMatchObject({ life: 'unacknowledged', acked_json: null, repeats: 1 })
  expect(kept.counted).toBe(2)
})

test('again before anybody acknowledged it: one row stands, with its count; three within a minute are chattering', () => {
  const kept = new Kept()
  for (const [n, at] of [0, 20_000, 40_000].entries()) {
    kept.take([event(`o${n}`, 'raised', t + at)], t + at)
    kept.take([event(`o${n}`, 'cleared', t + at + 5_000)], t + at + 5_000)
  }
  const standing = [...kept.rows.values()].filter(({ life }) => life !== 'normal')
  expect(standing).toMatchObject([
    { occurrence: 'o2', life: 'rtn-unacknowledged', repeats: 3, chattering: 1 },
  ])
  expect(kept.row('o1').chattering).toBe(0)
})

test.each([
  ['raised longer ago than the limit', [event('o1', 'raised', t)], t + 11 * minute, 'late', 'unacknowledged'],
  [
    'by a clock that is ahead',
    [{ ...event('o1', 'raised', t), clockOffsetMs: 11 * minute }],
    t,
    'late',
    'unacknowledged',
  ],
  [
    'over when it arrives',
    [event('o1', 'raised', t), event('o1', 'cleared', t + 9)],
    t + 10,
    'cleared',
    'normal',
  ],
  ['after its clear', [event('o1', 'cleared', t + 9), event('o1', 'raised', t)], t + 10, 'cleared', 'normal'],
] as const)('%s calls nobody and says why', (...[, incomings, now, quiet, life]) => {
  const kept = new Kept()
  kept.take(incomings, now)
  expect(kept.row('o1')).toMatchObject({ quiet, life, annunciated_at: null, raised_at: t })
  expect(kept.counted).toBe(0)
})

test('late alarms that end leave nothing to acknowledge', () => {
  const kept = new Kept()
  kept.take([event('o1', 'raised', t)], t + 60 * minute)
  kept.take([event('o1', 'cleared', t + minute)], t + 61 * minute)
  expect(kept.row('o1')).toMatchObject({ life: 'normal', quiet: 'late' })
})

test('a wrong clock alone does not make an alarm late', () => {
  const kept = new Kept()
  kept.take([{ ...event('o1', 'raised', t - 60 * minute), clockOffsetMs: -60 * minute }], t)
  expect(kept.row('o1')).toMatchObject({ quiet: null, annunciated_at: t })
})

test('what latches stays on after the process is normal, and calls even when it is over on arrival', () => {
  const kept = new Kept()
  const panic = { point: 'b-1/panic', latch: true, priority: 1 } as const
  kept.take([event('o1', 'raised', t, panic), event('o1', 'cleared', t + minute, panic)], t + 2 * minute)
  expect(kept.row('o1')).toMatchObject({
    ...{ life: 'latch-unacknowledged', quiet: null, life_safety: 1 },
    due_at: t + 2 * minute + 30_000,
  })
})

test('lives depend on it by what the point measures or by its rule, whatever it is called', () => {
  const kept = new Kept()
  kept.take(
    [
      event('a', 'raised', t, { rule: 'a', point: 'd-1/smoke' }),
      event('b', 'raised', t, { rule: 'b', point: 'd-1/detector.1/x.alarm', lifeSafety: true }),
      event('c', 'raised', t, { rule: 'fire-smoke-gas', point: 'smoke-panic/temperature' }),
      event('d', 'raised', t, { rule: 'd', point: '' }),
    ],
    t,
  )
  expect(['a', 'b', 'c', 'd'].map((one) => kept.row(one).life_safety)).toEqual([1, 1, 0, 0])
})

test('what is hidden is evaluated and logged and calls nobody; lives are never suppressed by design', () => {
  const kept = new Kept()
  const suppress = { suppressedBy: () => 'summer' as never }
  kept.take([event('o1', 'raised', t)], t, suppress)
  expect(kept.row('o1')).toMatchObject({ life: 'unacknowledged', quiet: 'suppressed', due_at: null })
  kept.take([event('o1', 'cleared', t + 1)], t + 1, suppress)
  expect(kept.row('o1').life).toBe('rtn-unacknowledged')
  kept.take([event('s1', 'raised', t, { rule: 's', point: 'd-1/smoke' })], t, suppress)
  expect(kept.row('s1')).toMatchObject({ quiet: null, annunciated_at: t })
})

/** One alarm that comes and goes; some of it waits in an outbox, some comes again: the raise of what is on, or anything. */
class Gateway {
  readonly chance: SeededChance
  readonly #sent: Incoming[] = []
  readonly #latch: boolean
  n = 0
  isOn = false

  constructor(seed: number) {
    this.chance = new SeededChance(`alarms ${seed}`)
    this.#latch = seed % 3 === 0
  }

  below(limit: number): number {
    return Math.floor(this.chance.between(0, limit))
  }

  next(now: number): Incoming[] {
    if (!this.isOn) this.n++
    const fresh = event(`o${this.n}`, this.isOn ? 'cleared' : 'raised', now, { latch: this.#latch })
    this.isOn = !this.isOn
    this.#sent.push(fresh)
    const again = this.#sent.filter(() => this.below(12) === 0)
    return this.below(4) === 0 ? [...again, fresh] : [fresh, ...again]
  }
}

function expectSound(kept: Kept, seed: number): void {
  const called = kept.history.filter(({ counted }) => counted === 1).map(({ occurrence }) => occurrence)
  expect([seed, new Set(called).size]).toEqual([seed, called.length])
  const rows = [...kept.rows.values()]
  expect([seed, rows.filter(({ life }) => life !== 'normal').length <= 1]).toEqual([seed, true])
  for (const row of rows) expectRowSound(row)
}

function expectRowSound(row: StoredAlarm): void {
  if (isActive(lifeOf(row))) expect(row.cleared_at).toBeNull()
  const isSilent = row.raised_at !== null && row.annunciated_at === null
  if (isSilent) expect([row.occurrence, row.quiet]).not.toEqual([row.occurrence, null])
}

const seeds = Array.from({ length: 300 }, (_, index) => index + 1)

test('whatever comes in whatever order: nothing is called twice, one row stands, and the end is right', () => {
  for (const seed of seeds) {
    const [gateway, kept] = [new Gateway(seed), new Kept()]
    let now = t
    for (let step = 0; step < 40; step++) {
      now += gateway.below(40_000)
      const delayed = gateway.below(5) === 0 ? gateway.below(20 * minute) : 0
      kept.take(gateway.next(now), now + delayed)
      if (gateway.below(3) === 0) kept.acknowledgeAll()
      expectSound(kept, seed)
    }
    expect([seed, isActive(lifeOf(kept.row(`o${gateway.n}`)))]).toEqual([seed, gateway.isOn])
  }
})
