import { expect, test } from 'vitest'
import { AppError } from '#contract/errors.ts'
import { badAnswer, noAnswer, refusal, troubleOf } from './modbus-errors.ts'

test('a shortened timeout is told in whole milliseconds: people read it on the page of the device', () => {
  const facts = { bus: 'plant', unit: 1, fc: 4, table: 'input', addr: 52 }
  expect(noAnswer(facts, 266.0302299999998).message).toBe(
    'bus plant unit 1 input 52: no answer within 266 ms',
  )
})

test('a failed request is told with what one looks up: bus, unit, function, register', () => {
  const facts = { bus: 'plant', unit: 7, fc: 3, table: 'holding', addr: 40 }
  expect(troubleOf(refusal(facts, 2))).toEqual({
    kind: 'refused',
    place: 'plant · 7 · FC3 holding 40',
    text: 'exception 2 (illegal data address)',
  })
  // What concerns the unit as a whole is one thing, whichever register was asked for.
  expect([noAnswer(facts, 500), refusal(facts, 11), badAnswer(facts, 'checksum')].map(troubleOf)).toEqual([
    { kind: 'no_answer', place: 'plant · 7', text: 'FC3 holding 40: no answer within 500 ms' },
    {
      kind: 'no_answer',
      place: 'plant · 7',
      text: 'FC3 holding 40: exception 11 (gateway target failed to respond)',
    },
    { kind: 'damaged_answer', place: 'plant · 7', text: 'FC3 holding 40: malformed answer: checksum wrong' },
  ])
  expect(troubleOf(new AppError('LINK_DOWN', 'bus plant: closed'))).toBeUndefined()
})
