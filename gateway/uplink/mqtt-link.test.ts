import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { startAckingCloud } from '../../tests/support/acking-cloud.ts'
import { startTcpProxy } from '../../tests/support/tcp-proxy.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { type Link, openLink } from './mqtt-link.ts'

const gateway = 'school-a'
const connectTimeoutMs = 300

function open({ port, ca }: { port: number; ca: string }): Promise<Link> {
  const settings = {
    url: `mqtts://127.0.0.1:${port}`,
    ca,
    token: 'secret',
    keepAliveMs: 5_000,
    connectTimeoutMs,
    statusEveryMs: 5_000,
    reconnect: { firstMs: 50, maxMs: 200 },
  }
  const will = { v: 1, kind: 'death', startedAt: 1, clean: false } as const
  const ignore = () => {}
  const options = {
    settings,
    gateway,
    will,
    clock: systemClock,
    onDelivery: ignore,
    onCommand: ignore,
    onRequest: ignore,
    onConfig: ignore,
    onCalendar: ignore,
  }
  return openLink(options, new AbortController().signal)
}

test('a connection outlives the time it had for connecting', async () => {
  await using cloud = await startAckingCloud()
  const link = await open(cloud)
  const outcome = await Promise.race([
    link.ended,
    systemClock.sleep(3 * connectTimeoutMs).then(() => 'stands'),
  ])
  expect(outcome).toBe('stands')
  const before = link.lastHeardAt()
  link.ping()
  await waitFor(() => expect(link.lastHeardAt()).toBeGreaterThan(before))
  link.destroy(new Error('done'))
  expect((await link.ended).message).toBe('done')
})

test('a cloud that answers nothing is given up after the time for connecting', async () => {
  await using cloud = await startAckingCloud()
  await using proxy = await startTcpProxy({ port: cloud.port })
  proxy.cut()
  const startedAt = performance.now()
  await expect(open({ port: proxy.port, ca: cloud.ca })).rejects.toThrow(
    `no answer within ${connectTimeoutMs} ms`,
  )
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(connectTimeoutMs - 5)
})
