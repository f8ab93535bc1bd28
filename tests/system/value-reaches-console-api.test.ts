import { expect, test } from 'vitest'
import { mosquittoPub } from '../support/mosquitto.ts'
import { describeWith } from '../support/servers.ts'
import { lux, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

describeWith(['mosquitto_pub'], 'a value from a device to the API of the cloud', () => {
  test('one set in a meter and one published by mosquitto_pub arrive with their source time', async () => {
    await using campus = await startCampus({
      devices: [meter('meter-1', 1), lux('lux-1', { isForeign: true })],
    })
    const { api } = campus.cloud

    const setAt = Date.now()
    await campus.site.set('meter-1', 'power.active', 1234.5)
    const measuredAt = setAt - 90_000
    const published = await mosquittoPub({
      broker: campus.gateway.brokerUrl,
      login: campus.mqttLogin,
      topic: 'zigbee2mqtt/lux-1',
      payload: { illuminance: 377, battery: 97, last_seen: new Date(measuredAt).toISOString() },
    })
    expect(published).toEqual({ status: 0, errors: '' })

    const range = { from: setAt - 120_000, to: setAt + 120_000 }
    await waitFor(async () => {
      const samples = await api.samples(campus.pointId('lux-1/illuminance'), range)
      expect(samples).toEqual([[measuredAt, 377, 'good']])
    })
    await waitFor(async () => {
      const samples = await api.samples(campus.pointId('meter-1/power.active'), range)
      const [t = 0] = samples.find(([, value]) => value === 1234.5) ?? []
      expect(t).toBeGreaterThanOrEqual(setAt)
      expect(t).toBeLessThanOrEqual(Date.now())
    })

    const devices = await api.devices()
    const point = devices
      .flatMap(({ points }) => points)
      .find(({ id }) => id === campus.pointId('lux-1/illuminance'))
    expect(point).toMatchObject({
      unit: 'lx',
      last: { at: new Date(measuredAt).toISOString(), value: 377, quality: 'good' },
    })
  })
})
