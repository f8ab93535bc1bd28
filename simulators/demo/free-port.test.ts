import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'

test('no port is given twice in one process, though nobody listens on it yet', async () => {
  const ports = await Promise.all(Array.from({ length: 300 }, () => freePort('127.0.0.1')))
  expect(new Set(ports).size).toBe(300)
})
