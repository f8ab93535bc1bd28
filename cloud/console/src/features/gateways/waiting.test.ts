import { expect, test } from 'vitest'
import { autonomyHoursText } from './waiting.ts'

test('less than half an hour of autonomy is not shown as none', () => {
  expect([0.4, 9.96, 10.4, 8_123.4].map((hours) => autonomyHoursText(hours, 'en'))).toEqual([
    '0.4',
    '10',
    '10',
    '8,123',
  ])
})
