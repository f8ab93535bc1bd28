import { expect, test } from 'vitest'
import { lux, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

test('the whole value path runs on IPv6: Modbus, MQTT, the uplink and the API on [::1]', async () => {
  await using campus = await startCampus({
    host: '::1',
    devices: [meter('meter-1', 1), lux('lux-1', { interval: '500ms' })],
  })
  expect(campus.cloud.origin).toContain('[::1]')
  const from = Date.now()
  await campus.site.set('meter-1', 'frequency', 49.5)
  await campus.site.set('lux-1', 'illuminance', 612)
  await waitFor(
    async () => {
      for (const [point, value] of [
        ['meter-1/frequency', 49.5],
        ['lux-1/illuminance', 612],
      ] as const) {
        const samples = await campus.cloud.api.samples(campus.pointId(point), { from, to: Date.now() })
        expect(samples.map((sample) => sample[1])).toContain(value)
      }
    },
    { timeoutMs: 30_000 },
  )
})
