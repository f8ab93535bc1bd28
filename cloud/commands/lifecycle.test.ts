import { expect, test } from 'vitest'
import type { CommandState } from '#contract/command.ts'
import { answerWithinMs, conclude, endWithinMs, goesOn, type Speaker, type Standing } from './lifecycle.ts'

const at = (state: CommandState, more: Partial<Standing> = {}): Standing => ({
  state,
  waitingFor: undefined,
  decidedBy: undefined,
  ...more,
})
const queued = at('queued', { waitingFor: 'gateway' })
const held = at('queued', { waitingFor: 'device' })
const ended = (state: CommandState, decidedBy: Speaker = 'gateway') => at(state, { decidedBy })

test.each<[string, Standing, Standing, boolean]>([
  ['it is sent', queued, at('sent'), true],
  ['it is sent again', at('sent'), at('sent'), false],
  ['the gateway holds it', at('sent'), held, true],
  ['it is sent again while held', held, at('sent'), false],
  ['the device is back', held, at('accepted'), true],
  ['held said late', at('accepted'), held, false],
  ['a queued one is done: the gateway had it before the cloud was killed', queued, ended('done'), true],
  ['accepted said late', ended('done'), at('accepted'), false],
  ['done said twice', ended('done'), ended('done'), false],
  ['another end', ended('done'), ended('failed'), false],
  ['the cloud concludes from silence', at('sent'), ended('expired', 'cloud'), true],
  ['the gateway knows better', ended('expired', 'cloud'), ended('done'), true],
  ['the cloud does not know better', ended('done'), ended('expired', 'cloud'), false],
  ['a conclusion is no beginning', ended('expired', 'cloud'), at('accepted'), false],
])('%s', (_name, now, next, expected) => {
  expect(goesOn(now, next)).toBe(expected)
})

const expiresAt = 1_000_000
const after = (standing: Standing, ms: number) => conclude({ ...standing, expiresAt }, expiresAt + ms)

test('before its time nothing is concluded', () => {
  for (const standing of [queued, held, at('sent'), at('accepted')])
    expect(after(standing, -1)).toBeUndefined()
})

test('what was never sent expires at once and says so', () => {
  expect(after(queued, 0)).toMatchObject({
    state: 'expired',
    code: 'COMMAND_EXPIRED',
    message: expect.stringContaining('not sent'),
  })
})

test('what a gateway has is given time for its answer', () => {
  for (const standing of [at('sent'), held]) {
    expect(after(standing, answerWithinMs - 1)).toBeUndefined()
    expect(after(standing, answerWithinMs)).toMatchObject({ state: 'expired' })
  }
})

test('what had begun did not expire: how it ended is not known', () => {
  expect(after(at('accepted'), endWithinMs - 1)).toBeUndefined()
  expect(after(at('accepted'), endWithinMs)).toMatchObject({ state: 'failed', code: 'LINK_DOWN' })
})

test('an end is an end', () => {
  expect(after(ended('done'), endWithinMs)).toBeUndefined()
})
