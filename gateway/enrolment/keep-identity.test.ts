import { expect, test, vi } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { type Answer, startEnrollingCloud } from '../../tests/support/enrolling-cloud.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { testCertificate } from '../../tests/support/test-certificate.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { IdentityStore } from './identity-store.ts'
import { KeepIdentity } from './keep-identity.ts'

vi.setConfig({ testTimeout: 30_000 })

const hour = 3_600_000
const token = 'a_one-time_token_of_a_test'

const refused = (status: number, code: string, message: string): Answer => ({
  status,
  body: JSON.stringify({ code, message }),
})

async function start(answers: readonly Answer[], { enrolling = false } = {}) {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const cloud = parts.use(await startEnrollingCloud(answers))
  const store = new IdentityStore(folder.path)
  if (!enrolling) {
    const { key, cert } = await testCertificate()
    await store.save({ key, certificate: cert, ca: cloud.cert, tokenHash: 'h' })
  }
  const clock = new FakeClock(Date.now())
  let changes = 0
  const keeper = parts.use(
    await KeepIdentity.start({
      ...{ store, gateway: 'school-a', url: cloud.code.url, ca: undefined, clock },
      enrolment: enrolling ? { ...cloud.code, token } : undefined,
      log: createLogger({ level: 'silent' }),
    }),
  )
  keeper.onChange(() => changes++)
  const owned = parts.move()
  return {
    ...{ cloud, store, clock, keeper },
    changes: () => changes,
    asked: (count: number) => waitFor(() => expect(cloud.asked).toHaveLength(count)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

test('a certificate is renewed when two thirds to three quarters are over, and whoever uses it is told', async () => {
  await using run = await start(['issue'])
  const before = run.keeper.current()
  await run.clock.advance(7 * hour)
  expect(run.cloud.asked).toEqual([])
  await run.clock.advance(6 * hour)
  await run.asked(1)
  await waitFor(() => expect(run.changes()).toBe(1))
  expect(run.keeper.current()?.cert).not.toBe(before?.cert)
  expect(run.keeper.current()?.key).not.toBe(before?.key)
  expect((await run.store.load()).identity?.certificate).toBe(run.keeper.current()?.cert)
})

test('a clock that is far ahead does not make it ask for certificate after certificate', async () => {
  await using run = await start(['issue', 'issue', 'issue'])
  // Every certificate that comes is due by this clock.
  run.clock.step(20 * hour)
  await run.clock.advance(hour)
  await run.asked(1)
  await waitFor(() => expect(run.changes()).toBe(1))
  await run.clock.advance(50 * 60_000)
  expect(run.cloud.asked).toHaveLength(1)
  await run.clock.advance(11 * 60_000)
  await run.asked(2)
})

test('a renewal that fails is told, tried again with the same key, and the certificate stays in use', async () => {
  await using run = await start(['lost', refused(503, 'STORE_UNAVAILABLE', 'disk full'), 'issue'])
  const before = run.keeper.current()
  await run.clock.advance(13 * hour)
  await run.asked(1)
  await waitFor(() => expect(run.keeper.state()?.problem).toMatch(/certificate not renewed/))
  await run.clock.advance(11 * 60_000)
  await run.asked(2)
  await waitFor(() => expect(run.keeper.state()?.problem).toMatch(/disk full/))
  expect(run.keeper.current()).toEqual(before)
  await run.clock.advance(13 * 60_000)
  await run.asked(3)
  await waitFor(() => expect(run.keeper.state()?.problem).toBeUndefined())
})

test('a token that is refused for good is not tried again, one that may be good later is', async () => {
  await using run = await start(
    [refused(429, 'RATE_LIMITED', 'wait'), refused(403, 'ENROLMENT_REFUSED', 'the token has expired')],
    { enrolling: true },
  )
  await run.asked(1)
  await waitFor(() => expect(run.keeper.words()).toMatch(/not enrolled: .*wait/))
  await run.clock.advance(20_000)
  await run.asked(2)
  await waitFor(() => expect(run.keeper.words()).toMatch(/not enrolled: .*the token has expired/))
  await run.clock.advance(48 * hour)
  expect(run.cloud.asked).toHaveLength(2)
  expect(run.keeper.current()).toBeUndefined()
  expect(run.keeper.state()).toBeUndefined()
})

test('an expired certificate is not renewed, and says what to do', async () => {
  await using run = await start([])
  run.clock.step(25 * hour)
  await run.clock.advance(2 * hour)
  expect(run.cloud.asked).toEqual([])
  expect(run.keeper.state()?.problem).toMatch(/expired on .* make a new enrolment token/)
  expect(run.keeper.words()).toMatch(/expired on/)
})
