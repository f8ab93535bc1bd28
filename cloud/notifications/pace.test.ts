import { expect, test } from 'vitest'
import { uniform } from '#simulators/random.ts'
import { pace } from './pace.ts'

const rate = { windowMs: 60_000, max: 3, reserve: 1 }
const jobs = (count: number, priority = 3) =>
  Array.from({ length: count }, (_, i) => ({ id: `j${i}`, priority }))

test('one by one while there is room; the last message takes the rest along', () => {
  expect(pace(jobs(5), [], rate, 0)).toEqual({ kind: 'send', jobs: [{ id: 'j0', priority: 3 }] })
  expect(pace(jobs(5), [0], rate, 1)).toMatchObject({ jobs: [{ id: 'j0' }] })
  expect(pace(jobs(5), [0, 1], rate, 2)).toMatchObject({ kind: 'send', jobs: { length: 5 } })
  expect(pace(jobs(1), [0, 1], rate, 2)).toMatchObject({ kind: 'send', jobs: { length: 1 } })
})

test('then it waits until the oldest leaves the window', () => {
  expect(pace(jobs(2), [100, 200, 300], rate, 400)).toEqual({ kind: 'wait', until: 60_100 })
  expect(pace(jobs(2), [100, 200, 300], rate, 60_100)).toMatchObject({ kind: 'send', jobs: { length: 2 } })
})

test('life safety has messages of its own', () => {
  expect(pace(jobs(1, 1), [100, 200, 300], rate, 400)).toMatchObject({ kind: 'send' })
  expect(pace(jobs(1, 1), [100, 200, 300, 400], rate, 500)).toEqual({ kind: 'wait', until: 60_100 })
  // What it used up is missing to the others until then.
  expect(pace(jobs(1), [100, 200, 300, 400], rate, 500)).toEqual({ kind: 'wait', until: 60_200 })
})

test('nothing to tell', () => {
  expect(pace([], [1, 2, 3], rate, 4)).toEqual({ kind: 'nothing' })
})

/** Ten minutes of notices for one receiver; resolves what was told. */
function storm(seed: number) {
  const sent: number[] = []
  let waiting: { id: string; priority: number }[] = []
  let draw = 0
  let made = 0
  let told = 0
  let most = 0
  for (let now = 0; now < 600_000; now += 500) {
    if (now < 300_000 && uniform(seed, draw++) < 0.2)
      waiting.push({ id: `${made++}`, priority: uniform(seed, draw++) < 0.1 ? 1 : 3 })
    const step = pace(
      waiting.toSorted((a, b) => a.priority - b.priority),
      sent,
      rate,
      now,
    )
    if (step.kind !== 'send') continue
    sent.push(now)
    told += step.jobs.length
    const ids = new Set(step.jobs.map(({ id }) => id))
    waiting = waiting.filter(({ id }) => !ids.has(id))
    most = Math.max(most, sent.filter((at) => at > now - rate.windowMs).length)
  }
  return { made, told, most, waiting: waiting.length }
}

test('whatever comes, never more than the rate in any window, and everything is told', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { made, told, most, waiting } = storm(seed)
    expect([seed, told, waiting]).toEqual([seed, made, 0])
    expect(made).toBeGreaterThan(50)
    expect(most).toBeLessThanOrEqual(rate.max + rate.reserve)
  }
})
