import { expect, test } from 'vitest'
import { isSkippedTitle, skippedReport, skippedTitle } from './skipped-suite.ts'

test('every suite that cannot run is named, and nothing is said when all ran', () => {
  const title = skippedTitle('the console', 'no chromium, no mosquitto_pub')
  expect(title).toBe('the console (skipped: no chromium, no mosquitto_pub; npm run setup:debian)')
  const report = skippedReport([
    { file: 'tests/z.test.ts', title },
    { file: 'tests/a.test.ts', title: skippedTitle('a disk', 'no cc') },
  ])
  expect(report.split('\n')).toEqual([
    'Suites that did not run: 2',
    '  tests/a.test.ts: a disk (skipped: no cc; npm run setup:debian)',
    `  tests/z.test.ts: ${title}`,
    '',
  ])
  expect(skippedReport([])).toBe('')
})

test('a suite is told by its title from one that a filter left out', () => {
  expect(isSkippedTitle(skippedTitle('the console', 'no chromium'))).toBe(true)
  expect(isSkippedTitle('readings (skipped: late ones)')).toBe(false)
})
