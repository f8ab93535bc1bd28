import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import type { BusReport } from '#contract/bus-report.ts'
import { addBusMetrics } from './bus-metrics.ts'

const none = { timeouts: 3, crcErrors: 2, malformed: 0, exceptions: 0, lateAnswers: 1 }
const report: BusReport = {
  ...{
    bus: 'plant',
    protocol: 'modbus-rtu',
    address: '/dev/ttyUSB0',
    connected: true,
    at: 0,
    observedMs: 1000,
  },
  ...{ load: { measured: 0.4, planned: 0.3 }, requests: 10, ...none, wrongUnit: 0, wrongTransaction: 0 },
  ...{ unsolicited: 5, resyncs: 1, connects: 2, overruns: 0, advice: [] },
  units: [
    {
      ...{ unit: 7, devices: ['meter-1'], state: 'answers', requests: 10, answers: 7, ...none },
      ...{ roundTripMs: { p50: 2, p95: 4, max: 12 }, share: { measured: 0.4, planned: 0.3 }, parked: [] },
    },
  ],
}

test('every bus and unit has its figures, as they are when they are asked for', async () => {
  const registry = new Registry()
  let reports: BusReport[] = [report]
  let asked = 0
  addBusMetrics(registry, () => {
    asked++
    return reports
  })
  const text = await registry.metrics()
  expect(text).toContain('gateway_bus_connected{bus="plant"} 1')
  expect(text).toContain('gateway_bus_load_ratio{bus="plant"} 0.4')
  expect(text).toContain('gateway_bus_unit_timeouts{bus="plant",unit="7"} 3')
  expect(text).toContain('gateway_bus_unit_round_trip_seconds{bus="plant",unit="7",quantile="0.95"} 0.004')
  expect(asked).toBe(1)
  // A bus that was taken out of the configuration leaves nothing behind.
  reports = []
  expect(await registry.metrics()).not.toContain('plant')
})
