import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'
import { FakeClock } from './fake-clock.ts'

test('a sleep ends at once when its signal aborts', async () => {
  const abort = new AbortController()
  const slept = systemClock.sleep(60_000, abort.signal)
  abort.abort()
  await slept
  await systemClock.sleep(60_000, abort.signal)
})

test('the fake clock wakes sleepers in order, also those that go to sleep again', async () => {
  const clock = new FakeClock(0)
  const woken: string[] = []
  const loop = async (name: string, everyMs: number) => {
    for (let i = 0; i < 3; i++) {
      await clock.sleep(everyMs)
      woken.push(`${name}@${clock.now()}`)
    }
  }
  const both = Promise.all([loop('a', 10), loop('b', 15)])
  await clock.advance(45)
  await both
  expect(woken).toEqual(['a@10', 'b@15', 'a@20', 'b@30', 'a@30', 'b@45'])
})

test('stepping the wall clock does not move the monotonic one', () => {
  const clock = new FakeClock(1000)
  clock.step(-500)
  expect([clock.now(), clock.monotonic()]).toEqual([500, 0])
})
