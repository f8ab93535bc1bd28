import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { startUsers } from '../../tests/support/test-users.ts'
import { Sealer } from './sealer.ts'
import { factorName, SignInGates } from './sign-in-gates.ts'

// Passwords are hashed at full cost, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const never = async () => undefined
const always = async () => 'in'

async function outcome(work: Promise<unknown>): Promise<unknown> {
  return await work.catch((error: { code: string }) => error.code)
}

function start() {
  const clock = new FakeClock()
  const sealer = new Sealer(randomBytes(32))
  return { clock, gates: new SignInGates({ clock, sealer }) }
}

test('many addresses together are slowed down as well', async () => {
  const { clock, gates } = start()
  const guess = (n: number) => outcome(gates.pass({ username: 'li', address: `10.0.0.${n}` }, never))
  for (let n = 0; n < 100; n++) expect(await guess(n)).toBeUndefined()
  expect(await guess(100)).toBe('RATE_LIMITED')
  await clock.advance(1_000)
  expect(await guess(101)).toBeUndefined()
  expect(await guess(102)).toBe('RATE_LIMITED')
  // Another account is not touched.
  expect(await outcome(gates.pass({ username: 'wang', address: '10.0.0.1' }, always))).toBe('in')
})

test('a browser that was signed in before is not kept out by strangers, wherever they are', async () => {
  const { clock, gates } = start()
  const device = gates.newDevice('Li')
  for (let n = 0; n < 400; n++) {
    await outcome(gates.pass({ username: 'li', address: n % 2 ? '10.0.0.1' : `10.1.0.${n}` }, never))
    await clock.advance(1_000)
  }
  const here = { username: 'li', address: '10.0.0.1' }
  expect(await outcome(gates.pass(here, always))).toBe('RATE_LIMITED')
  expect(await outcome(gates.pass({ ...here, device }, always))).toBe('in')
  // Who steals the cookie still cannot guess at will, and it is of no use for another account.
  for (let n = 0; n < 10; n++) await gates.pass({ ...here, device }, never)
  expect(await outcome(gates.pass({ ...here, device }, always))).toBe('RATE_LIMITED')
  for (let n = 0; n < 100; n++) await outcome(gates.pass({ username: 'wang', address: `10.0.1.${n}` }, never))
  expect(await outcome(gates.pass({ username: 'wang', address: '10.9.9.9', device }, always))).toBe(
    'RATE_LIMITED',
  )
})

test('failed attempts from before a restart count, and a success of before forgives', async () => {
  await using api = await startUsers()
  await api.add('li', { role: 'guard' })
  await api.add('wang', { role: 'guard' })
  for (let n = 0; n < 10; n++)
    for (const username of ['li', 'wang'])
      await api.call(undefined, 'POST', '/session', { username, password: 'wrong' })
  await api.clock.advance(1_000)
  await api.signIn('wang')
  const restarted = new SignInGates({ clock: api.clock, sealer: api.sealer })
  await restarted.restore(api.db)
  const at = (username: string) => outcome(restarted.pass({ username, address: '127.0.0.1' }, never))
  expect(await at('li')).toBeUndefined()
  expect(await at('li')).toBe('RATE_LIMITED')
  for (let n = 0; n < 9; n++) expect(await at('wang')).toBeUndefined()
})

test('codes that were guessed before a restart count for codes, and not for the password', async () => {
  await using api = await startUsers()
  const refused = { action: 'session.refused', outcome: 'SECOND_FACTOR_FAILED' } as const
  for (let n = 0; n < 11; n++)
    await api.audit.write({ ...refused, who: { username: 'li' }, address: '127.0.0.1' })
  const restarted = new SignInGates({ clock: api.clock, sealer: api.sealer })
  await restarted.restore(api.db)
  const at = (username: string) => outcome(restarted.pass({ username, address: '127.0.0.1' }, always))
  expect(await at(factorName('li'))).toBe('RATE_LIMITED')
  expect(await at('li')).toBe('in')
})
