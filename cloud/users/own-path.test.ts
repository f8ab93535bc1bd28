import { expect, test } from 'vitest'
import { ownPath } from './own-path.ts'

test('a page of the console is one, another site is not', () => {
  for (const path of ['/', '/alarms?show=all#x', '/devices/a/b']) expect(ownPath(path)).toBe(path)
  for (const path of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\t/evil',
    '/api/v1/session',
    '',
  ])
    expect(ownPath(path)).toBeUndefined()
})
