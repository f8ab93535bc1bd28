import { expect, test } from 'vitest'
import { SeqRange } from '#contract/delivery.ts'
import type { Clock } from '#lib/clock.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { validator } from '#lib/validate.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { readEvents, readTelemetry } from './fixtures/read-outbox.ts'
import { openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const now = Date.UTC(2026, 10, 27)
const hour = 3_600_000

/** The starts of a gateway by its own clock: without a battery it begins in 1970, or wherever somebody set it. */
const starts = {
  'before it is set, in 1970': 5_000,
  'once it is set': now,
  'an hour back': now - hour,
  'an hour on': now + hour,
  'in 2100': Date.UTC(2100, 0, 1),
  'and in 1970 again': 3_000,
}

function open(path: string, clock: Clock) {
  const log = createLogger({ level: 'silent' })
  return openOutbox({ path, settings: { ...defaultOutboxSettings, commitSamples: 10 }, clock, log })
}

test('whatever the clock says, a later start has later numbers, and everything leaves in the order it was measured', async () => {
  await using folder = await tempFolder()
  const path = folder.file('outbox.db')
  const epochs: number[] = []
  let value = 0
  for (const at of Object.values(starts)) {
    await using outbox = await open(path, { ...systemClock, now: () => at })
    epochs.push(outbox.stats().epoch)
    for (let i = 0; i < 30; i++, value++) outbox.append([{ point: 'm/p', t: at + i, value, quality: 192 }])
    await outbox.appendEvent({ kind: 'link', device: `d-${value}`, state: 'up', at })
  }
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
  expect(new Set(epochs).size).toBe(epochs.length)

  await using outbox = await open(path, systemClock)
  const messages = await readTelemetry(outbox)
  expect(messages.flatMap(({ samples }) => samples.map((one) => one.value))).toEqual(
    Array.from({ length: value }, (_, i) => i),
  )
  const events = await readEvents(outbox)
  expect(events.map(({ event }) => event.kind === 'link' && event.device)).toEqual(
    Object.keys(starts).map((_, i) => `d-${30 * (i + 1)}`),
  )
  // The contract takes all of these numbers.
  const check = validator(SeqRange)
  for (const { epoch, firstSeq, lastSeq } of messages) {
    expect(check({ stream: 'telemetry', epoch, firstSeq, lastSeq })).toMatchObject({ ok: true })
  }
})

test('a clock that jumps while it runs neither holds a batch back nor drops one', async () => {
  await using folder = await tempFolder()
  let at = now
  const clock = { ...systemClock, now: () => at }
  await using outbox = await open(folder.file('outbox.db'), clock)
  for (const jump of [now - hour, now + hour, 0, Date.UTC(2100, 0, 1), now]) {
    at = jump
    outbox.append([{ point: 'm/p', t: at, value: at, quality: 192 }])
    await outbox.flush()
  }
  const messages = await readTelemetry(outbox)
  expect(messages).toMatchObject([{ firstSeq: 1, lastSeq: 5 }])
  expect(outbox.stats().dropped).toEqual({ samples: 0, events: 0 })
})
