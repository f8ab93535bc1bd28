import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AlarmEvent } from '#contract/events.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Rule } from '#gateway/rules/rule.ts'
import { createRuleEngine } from '#gateway/rules/rule-engine.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { testFolder } from '../../tests/support/temp-folder.ts'
import { openEdgeAlarms } from './edge-alarms.ts'

const rule: Rule = {
  id: 'lux-low',
  point: 'lux-1/illuminance',
  condition: { kind: 'limit', side: 'below', limit: 300, hysteresis: 20 },
  onDelayMs: 10_000,
  offDelayMs: 5_000,
  priority: 3,
  title: { en: 'Too dark' },
}

async function start(folder?: string, rules = [rule]) {
  const home = folder ?? (await testFolder())
  const clock = new FakeClock(1_000_000)
  const events: AlarmEvent[] = []
  const alarms = await openEdgeAlarms({
    rules,
    file: join(home, 'alarms.json'),
    clock,
    log: createLogger({ level: 'silent' }),
    emit: async (event) => void events.push(event),
  })
  const engine = createRuleEngine(rules, alarms.judge)
  const measure = (value: number, t = clock.now()) =>
    engine.accept({ point: rule.point, t, value, quality: qualityCodes.good })
  const states = () => events.map((event) => event.state)
  return {
    ...{ alarms, clock, events, measure, states, home },
    [Symbol.asyncDispose]: () => alarms[Symbol.asyncDispose](),
  }
}

test('an alarm is raised after its delay and cleared after the other, as one occurrence', async () => {
  await using site = await start()
  site.measure(250)
  await site.clock.advance(9_999)
  expect(site.events).toEqual([])
  await site.clock.advance(1)
  expect(site.events).toEqual([
    {
      ...{ kind: 'alarm', occurrence: `lux-low-${(1_000_000).toString(36)}`, rule: 'lux-low' },
      ...{ point: 'lux-1/illuminance', state: 'raised', priority: 3, at: 1_000_000, value: 250, limit: 300 },
      title: { en: 'Too dark' },
    },
  ])
  expect(site.alarms.active).toBe(1)

  site.measure(310)
  await site.clock.advance(60_000)
  expect(site.states()).toEqual(['raised'])
  site.measure(330)
  await site.clock.advance(5_000)
  expect(site.events[1]).toMatchObject({
    state: 'cleared',
    value: 330,
    occurrence: site.events[0]?.occurrence,
  })
  expect(site.alarms.active).toBe(0)
})

test('a wall clock that is set does not shorten a delay', async () => {
  await using site = await start()
  site.measure(250)
  site.clock.step(3_600_000)
  await site.clock.advance(9_000)
  expect(site.events).toEqual([])
})

test('a value that flaps within the delay raises nothing', async () => {
  await using site = await start()
  for (let i = 0; i < 50; i++) {
    site.measure(i % 2 === 0 ? 250 : 400)
    await site.clock.advance(1_000)
  }
  expect(site.events).toEqual([])
})

test('after a restart the alarm is the same: sent again under its id, not raised twice, and it can clear', async () => {
  const first = await start()
  first.measure(250)
  await first.clock.advance(10_000)
  await first[Symbol.asyncDispose]()

  await using second = await start(first.home)
  expect(second.events).toEqual(first.events)
  second.measure(240)
  await second.clock.advance(20_000)
  expect(second.states()).toEqual(['raised'])
  second.measure(400)
  await second.clock.advance(5_000)
  expect(second.events.at(-1)).toMatchObject({ state: 'cleared', occurrence: first.events[0]?.occurrence })
})

test('an alarm whose rule was taken away is cleared at the next start', async () => {
  const first = await start()
  first.measure(250)
  await first.clock.advance(10_000)
  await first[Symbol.asyncDispose]()
  await using second = await start(first.home, [])
  expect(second.states()).toEqual(['raised', 'cleared'])
})

test('a damaged file is set aside and the gateway starts', async () => {
  const home = await testFolder()
  await writeFile(join(home, 'alarms.json'), '{"v":1,"active":[{"kind":')
  await using site = await start(home)
  expect(await readdir(home)).toContain('alarms.json.unreadable')
  site.measure(250)
  await site.clock.advance(10_000)
  expect(site.states()).toEqual(['raised'])
})

test('the event says what latches and what lives depend on, and only then', async () => {
  await using plain = await start(undefined, [{ ...rule, onDelayMs: 0, latch: false }])
  plain.measure(250)
  expect(plain.events[0]).not.toHaveProperty('latch')
  await using site = await start(undefined, [{ ...rule, onDelayMs: 0, latch: true, lifeSafety: true }])
  site.measure(250)
  expect(site.events).toMatchObject([{ latch: true, lifeSafety: true }])
})

test('the event leaves before anything is written to disk', async () => {
  await using site = await start(undefined, [{ ...rule, onDelayMs: 0 }])
  site.measure(250)
  expect(site.states()).toEqual(['raised'])
})

test('a moment raises, ends by itself, and the next one within the delay belongs to it', async () => {
  const panic: Rule = {
    ...{ id: 'button-1.panic', point: rule.point, condition: { kind: 'equals', value: true } },
    ...{ onDelayMs: 0, offDelayMs: 0, momentMs: 60_000, priority: 1, title: { en: 'Panic' } },
  }
  await using site = await start(undefined, [panic])
  const press = () => {
    const sample = { point: rule.point, t: site.clock.now(), value: true, quality: qualityCodes.good }
    site.alarms.judge(panic, 'beyond', sample)
  }
  press()
  await site.clock.advance(50_000)
  press()
  await site.clock.advance(59_999)
  expect(site.states()).toEqual(['raised'])
  await site.clock.advance(1)
  expect(site.states()).toEqual(['raised', 'cleared'])
  press()
  expect(site.states()).toEqual(['raised', 'cleared', 'raised'])
  expect(site.events[2]?.occurrence).not.toBe(site.events[0]?.occurrence)
})

test('what is called stale has been silent for a while already', async () => {
  const silent: Rule = {
    ...{ id: 'lux-1.silent', point: rule.point, condition: { kind: 'stale' }, silentMs: 4_000 },
    ...{ onDelayMs: 10_000, offDelayMs: 0, priority: 3, title: { en: 'Silent' } },
  }
  await using site = await start(undefined, [silent])
  const sample = { point: rule.point, t: site.clock.now(), value: 1, quality: qualityCodes.stale }
  site.alarms.judge(silent, 'beyond', sample)
  await site.clock.advance(5_999)
  expect(site.events).toEqual([])
  await site.clock.advance(1)
  expect(site.states()).toEqual(['raised'])
  expect(site.events[0]).not.toHaveProperty('limit')
})

test('an occurrence of a long name fits into the contract', async () => {
  const long: Rule = { ...rule, id: `${'d'.repeat(63)}.${'a'.repeat(40)}`, onDelayMs: 0 }
  await using site = await start(undefined, [long])
  site.measure(250)
  expect(site.events[0]?.occurrence).toMatch(/^[0-9a-f]{64}$/)
})
