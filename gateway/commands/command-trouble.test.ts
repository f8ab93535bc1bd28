import { expect, test } from 'vitest'
import type { CommandResult } from '#contract/command.ts'
import { troubleOf } from './command-trouble.ts'

const result = (more: Partial<CommandResult>): CommandResult => ({
  ...{ kind: 'command-result', id: 'c', point: 'lamp-1/light.on', state: 'done', at: 1 },
  ...more,
})

test('a write that failed, and one that the device did not take, are its errors', () => {
  const failed = { state: 'failed', code: 'DEVICE_TIMEOUT', message: 'no answer within 1 s' } as const
  expect(troubleOf(result(failed))).toEqual({
    ...{ device: 'lamp-1', kind: 'write_failed', place: 'lamp-1/light.on', text: 'no answer within 1 s' },
  })
  expect(troubleOf(result({ verified: false, readBack: 20 }))).toEqual({
    ...{ device: 'lamp-1', kind: 'not_verified', place: 'lamp-1/light.on', text: 'it shows 20' },
  })
  expect(troubleOf(result({ verified: false }))?.text).toBe('it shows no value')
})

test.each<Partial<CommandResult>>([
  { verified: true },
  {},
  { state: 'queued' },
  { state: 'accepted' },
  { state: 'expired' },
  { state: 'rejected', code: 'VALUE_OUT_OF_RANGE' },
])('%o is no error of the device', (more) => {
  expect(troubleOf(result(more))).toBeUndefined()
})
