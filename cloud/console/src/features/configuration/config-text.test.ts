import { expect, test } from 'vitest'
import { readText, segmentsOf, textOf } from './config-text.ts'

const content = {
  devices: [
    { id: 'a', unit: 1 },
    { id: 'b', params: { x: 'y' } },
  ],
  outbox: { diskBudget: '1GB' },
}

test('what is written is read again, and every place has its line', () => {
  const text = textOf(content)
  const read = readText(text)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  expect(read.content).toEqual(content)
  const line = (part: string) => text.split('\n').findIndex((one) => one.includes(part)) + 1
  expect(read.lineOf('devices[1].params.x')).toBe(line('x: y'))
  expect(read.lineOf('devices[0].unit')).toBe(line('unit: 1'))
  expect(read.lineOf('outbox.diskBudget')).toBe(line('diskBudget'))
  // What is missing is told where it is missing.
  expect(read.lineOf('devices[1].profile')).toBe(line('id: b'))
})

test('text that is no map of sections is told with its line', () => {
  expect(readText('devices:\n  - [a')).toMatchObject({ ok: false, problems: [{ line: 2 }] })
  expect(readText('- a')).toMatchObject({ ok: false })
  expect(readText('')).toMatchObject({ ok: true, content: {} })
})

test('a path is taken apart', () => {
  expect(segmentsOf('broker.credentials[10].secret')).toEqual(['broker', 'credentials', 10, 'secret'])
})
