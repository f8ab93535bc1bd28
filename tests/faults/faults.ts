import { cloudFaults } from './cloud-faults.ts'
import { gatewayFaults } from './gateway-faults.ts'
import { linkFaults } from './link-faults.ts'

/** All that is played. A name is what `--only` takes. */
export const faults = { ...linkFaults, ...gatewayFaults, ...cloudFaults } as const

export type FaultName = keyof typeof faults
export const faultNames = Object.keys(faults) as FaultName[]

/** Without a store of its own there is none to kill. */
export function possibleFaults(store: 'embedded' | 'influxdb'): readonly FaultName[] {
  return faultNames.filter((name) => store === 'influxdb' || name !== 'telemetry store killed')
}
