import { expect, test } from 'vitest'
import { createLogger } from './logger.ts'

test('secrets never reach a log line, wherever a field carries them', () => {
  const lines: string[] = []
  const log = createLogger({}, { write: (line) => void lines.push(line) })
  log.info({ password: 'geheim', broker: { password: 'geheim' } }, 'one')
  log.info({ config: { cloud: { token: 'geheim' } } }, 'two')
  log.info({ headers: { authorization: 'Bearer geheim', cookie: 'session=geheim' } }, 'three')
  expect(lines).toHaveLength(3)
  expect(lines.join('')).not.toContain('geheim')
  expect(lines.join('')).toContain('[redacted]')
})
