import { expect, test } from 'vitest'
import { noAnswer } from './modbus-errors.ts'

test('a shortened timeout is told in whole milliseconds: people read it on the page of the device', () => {
  const facts = { bus: 'plant', unit: 1, table: 'input', addr: 52 }
  expect(noAnswer(facts, 266.0302299999998).message).toBe(
    'bus plant unit 1 input 52: no answer within 266 ms',
  )
})
