import { expect, test } from 'vitest'
import { startInfluxDb } from '../support/influxdb.ts'
import { allWell, judge, readStored } from '../support/judge.ts'
import { silence } from '../support/proxied-campus.ts'
import { describeWith } from '../support/servers.ts'
import { lux, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const devices = Array.from({ length: 5 }, (_, i) =>
  lux(`lux-${i + 1}`, {
    interval: '200ms',
    signals: { illuminance: { gen: 'count', start: i, step: 20, wrap: 100_000 } },
  }),
)

describeWith(['influxd'], 'telemetry kept in InfluxDB', () => {
  test('a database that is killed and comes back has every value exactly once; until then nothing is acknowledged', async () => {
    await using influx = await startInfluxDb()
    await using campus = await startCampus({ devices, telemetry: { influxdb: { url: influx.url } } })
    const { api } = campus.cloud
    const newest = async () => {
      const samples = await api.samples(campus.pointId('lux-1/illuminance'), {
        from: Date.now() - 60_000,
        to: Date.now() + 60_000,
      })
      return samples.at(-1)?.[0] ?? 0
    }
    const startedAt = Date.now()
    await waitFor(async () => expect(await newest()).toBeGreaterThan(startedAt))

    await influx.kill()
    // Reading says so, and writing is refused, so that the gateway keeps what it has.
    await waitFor(() => expect(newest()).rejects.toThrow(/503 .*STORE_UNAVAILABLE/))
    await waitFor(async () => {
      const [gateway] = await api.gateways()
      const owed = gateway?.status?.backlog.reduce((sum, { samples }) => sum + samples, 0) ?? 0
      expect(owed).toBeGreaterThan(20)
    })
    await influx.restart()

    const written = await silence(campus, devices)
    await waitFor(
      async () => {
        const stored = await readStored(api, campus.gatewayId, written)
        expect(judge({ written, stored })).toEqual(allWell(written))
      },
      { timeoutMs: 60_000, everyMs: 500 },
    )
  })
})
