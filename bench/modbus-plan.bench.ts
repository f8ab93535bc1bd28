/**
 * How many requests it takes to read a device: for every Modbus profile the plan of the gateway, the lower bound that no
 * plan within the device's limits can beat, and one request for each point, which is what many drivers do. A cycle reads
 * every point once; a second reads each point as often as its poll class wants it.
 */
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import {
  fewestRequests,
  leastRequestsPerSecond,
  planReads,
  requestsPerSecond,
} from '#gateway/southbound/modbus/plan-reads.ts'
import type { Figure } from './lib/figure.ts'

export async function run(): Promise<Figure[]> {
  const { profiles } = loadProfiles('device-profiles')
  const devices = [...profiles.values()].flatMap(installed)
  const plans = devices.map((device) => ({ name: device.profile.id, ...counted(device) }))
  const all = (of: (plan: ReturnType<typeof counted>) => number) =>
    plans.reduce((sum, plan) => sum + of(plan), 0)
  return [
    ...plans.flatMap(({ name, ...plan }) => figures(name, plan)),
    ...figures('all profiles', {
      cycle: all(({ cycle }) => cycle),
      cycleBound: all(({ cycleBound }) => cycleBound),
      apart: all(({ apart }) => apart),
      perS: all(({ perS }) => perS),
      perSBound: all(({ perSBound }) => perSBound),
    }),
  ]
}

function counted({ points, address }: ModbusDevice) {
  const readable = points.filter(({ from, hidden }) => from !== undefined && hidden !== true)
  const together = readable.map((point) => ({ ...point, pollMs: 1000 }))
  return {
    cycle: planReads(together, address).length,
    cycleBound: fewestRequests(readable, address.limits),
    apart: readable.length,
    perS: requestsPerSecond(planReads(points, address)),
    perSBound: leastRequestsPerSecond(points, address),
  }
}

function figures(
  name: string,
  { cycle, cycleBound, apart, perS, perSBound }: ReturnType<typeof counted>,
): Figure[] {
  const figure = (metric: string, value: number, unit: string): Figure => ({
    case: name,
    metric,
    value,
    unit,
  })
  return [
    figure('requests per cycle', cycle, 'requests'),
    figure('requests per cycle, lower bound', cycleBound, 'requests'),
    figure('requests per cycle, above the lower bound', above(cycle, cycleBound), '%'),
    figure('requests per cycle, one per point', apart, 'requests'),
    figure('requests per second', perS, '1/s'),
    figure('requests per second, above the lower bound', above(perS, perSBound), '%'),
  ]
}

function above(found: number, bound: number): number {
  return bound === 0 ? 0 : Math.round((found / bound - 1) * 10_000) / 100
}

/** As somebody would install it, with the parameters that the profile's own tests use. */
function installed(profile: Profile): ModbusDevice[] {
  if (profile.protocol !== 'modbus' || profile.abstract === true) return []
  const params = Object.assign({}, ...profile.tests.map((one) => one.params ?? {}).reverse())
  const resolved = resolveDevice(profile, { id: 'device', profile: profile.id, bus: 'bus', params })
  if (!resolved.ok || resolved.device.protocol !== 'modbus')
    throw new Error(`${profile.id} cannot be installed`)
  return [resolved.device]
}
