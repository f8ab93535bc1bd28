/**
 * FlowFuse/flowfuse#453 (also node-red/node-red#2864): what a flow publishes while the cloud is away is lost, at QoS 1 too.
 * A flow speaks to the gateway's broker: what that has taken is in the durable outbox.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { lux, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

test('what is published without the cloud arrives after it is back, over a power cut of the gateway', async () => {
  await using parts = new AsyncDisposableStack()
  let proxy: TcpProxy | undefined
  await using campus = await startCampus({
    devices: [lux('lux-1', { isForeign: true })],
    between: async (port) => {
      proxy = parts.use(await startTcpProxy({ port }))
      return proxy.port
    },
  })
  const flow = await connectAsync(campus.gateway.brokerUrl, { ...campus.mqttLogin, protocolVersion: 4 })
  await waitFor(async () => expect(await campus.cloud.api.devices()).toHaveLength(1))
  proxy?.cut()
  const from = Date.now()
  const published: number[] = []
  for (let illuminance = 100; illuminance < 1_100; illuminance += 100) {
    await flow.publishAsync('zigbee2mqtt/lux-1', JSON.stringify({ illuminance }), { qos: 1 })
    published.push(illuminance)
    await sleep(20)
  }
  await flow.endAsync(true)
  // One second is what the gateway may gather before it commits.
  await waitFor(async () => {
    const [, waiting] =
      /^gateway_backlog_samples\{lane="backfill"\} (\d+)$/m.exec(await campus.gateway.metrics()) ?? []
    expect(Number(waiting)).toBeGreaterThanOrEqual(published.length)
  })
  await campus.gateway.kill9()
  proxy?.heal()
  await campus.gateway.restart()
  await waitFor(
    async () => {
      const samples = await campus.cloud.api.samples(campus.pointId('lux-1/illuminance'), {
        from,
        to: Date.now(),
      })
      const values = new Set(samples.map(([, value]) => value))
      expect(published.filter((value) => !values.has(value))).toEqual([])
    },
    { timeoutMs: 60_000 },
  )
})
