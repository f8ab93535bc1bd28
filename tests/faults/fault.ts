import type { TimeRange } from '../support/api-client.ts'
import type { ClockFaults } from '../support/clock-faults.ts'
import type { DiskFaults } from '../support/disk-faults.ts'
import type { InfluxDb } from '../support/influxdb.ts'
import type { Redating } from '../support/judge.ts'
import type { MqttProxy } from '../support/mqtt-proxy.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import type { Campus } from '../support/test-campus.ts'

/** What a fault may lay hands on. */
export type Scene = {
  readonly campus: Campus
  /** Between gateway and cloud. */
  readonly link: TcpProxy
  /** Beside the link: the way leads through it only while a fault diverts it there. */
  readonly reader: MqttProxy
  readonly gatewayDisk: DiskFaults
  readonly gatewayClock: ClockFaults
  readonly cloudDisk: DiskFaults
  /** Where telemetry is kept when it is not the embedded store. */
  readonly influx: InfluxDb | undefined
}

/** Two faults that touch the same thing are not played at once. */
export type Part = 'link' | 'gateway' | 'cloud' | 'store'

/** What a fault leaves for the judge. */
export type Aftermath = {
  /** When the gateway may lose what it had taken over. Only a gateway that dies has such times. */
  readonly mayLose?: readonly TimeRange[]
  /** When the gateway, its own clock being wrong, may not have believed the times of devices. */
  readonly redated?: Redating
  /** What was seen while it was played, and should not have been. */
  readonly findings?: readonly string[]
}

export type Fault = {
  readonly touches: readonly Part[]
  /** How long it takes beside the time it is told to last: starts of programs, budgets to be spent. */
  readonly takesMs?: number
  /** Breaks something for about `ms` and mends it. */
  readonly play: (scene: Scene, ms: number) => Promise<Aftermath>
}
