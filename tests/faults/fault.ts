import { setTimeout as sleep } from 'node:timers/promises'
import type { TimeRange } from '../support/api-client.ts'
import type { DiskFaults } from '../support/disk-faults.ts'
import type { InfluxDb } from '../support/influxdb.ts'
import type { Program } from '../support/program.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import type { Campus } from '../support/test-campus.ts'

/** What a fault may lay hands on. */
export type Scene = {
  readonly campus: Campus
  /** Between gateway and cloud. */
  readonly link: TcpProxy
  readonly gatewayDisk: DiskFaults
  /** Where telemetry is kept when it is not the embedded store. */
  readonly influx: InfluxDb | undefined
}

/** Two faults that touch the same thing are not played at once. */
export type Part = 'link' | 'gateway' | 'cloud' | 'gateway disk' | 'store'

export type Fault = {
  readonly touches: readonly Part[]
  /**
   * Breaks something for about `ms` and mends it. Resolves with the time in which the gateway may lose what it had taken
   * over: only a gateway that dies has such a time.
   */
  readonly play: (scene: Scene, ms: number) => Promise<TimeRange | undefined>
}

/** With a full disk nothing can be promised about a kill; a second after it has room, everything is on it again. */
const diskBackMs = 1_500

/** How long 120 samples a second take to spend a memory budget of 1,000, and some more. */
const memoryBudgetMs = 9_000

/** A gateway commits once a second: what is younger when the power goes is not on disk, and nobody said it was. */
const uncommittedMs = 1_500

export const faults = {
  'link drops everything silently': { touches: ['link'], play: cutting() },
  'what the gateway sends is lost': { touches: ['link'], play: cutting('up') },
  'acknowledgements are lost': { touches: ['link'], play: cutting('down') },
  'link resets every connection': {
    touches: ['link'],
    async play({ link }, ms) {
      const until = performance.now() + ms
      while (performance.now() < until) {
        link.reset()
        await sleep(Math.min(700, ms))
      }
      return undefined
    },
  },
  'link is slow and jitters': {
    touches: ['link'],
    async play({ link }, ms) {
      link.delay(50, 450)
      await sleep(ms)
      link.delay(0)
      return undefined
    },
  },
  'gateway killed': {
    touches: ['gateway'],
    play: ({ campus }, ms) => killGateway(campus, ms),
  },
  'cloud killed': {
    touches: ['cloud'],
    async play({ campus }, ms) {
      await campus.cloud.kill9()
      await sleep(ms)
      await campus.cloud.restart()
      return undefined
    },
  },
  'both killed': {
    touches: ['gateway', 'cloud'],
    async play({ campus }, ms) {
      const killed = killGateway(campus, ms)
      await campus.cloud.kill9()
      await sleep(ms)
      await campus.cloud.restart()
      return await killed
    },
  },
  'gateway stopped': {
    touches: ['gateway'],
    play: ({ campus }, ms) => stopped(campus.gateway.program, ms),
  },
  'cloud stopped': {
    touches: ['cloud'],
    play: ({ campus }, ms) => stopped(campus.cloud.program, ms),
  },
  'gateway’s disk is full': {
    touches: ['gateway disk', 'gateway'],
    async play({ gatewayDisk }, ms) {
      gatewayDisk.fill()
      await sleep(ms)
      gatewayDisk.empty()
      await sleep(diskBackMs)
      return undefined
    },
  },
  'disk full and link cut until the memory budget is spent': {
    touches: ['gateway disk', 'gateway', 'link'],
    async play({ gatewayDisk, link }, ms) {
      link.cut()
      gatewayDisk.fill()
      await sleep(ms + memoryBudgetMs)
      gatewayDisk.empty()
      link.heal()
      await sleep(diskBackMs)
      return undefined
    },
  },
  'telemetry store killed': {
    touches: ['store'],
    async play({ influx }, ms) {
      await influx?.kill()
      await sleep(ms)
      await influx?.restart()
      return undefined
    },
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faults
export const faultNames = Object.keys(faults) as FaultName[]

function cutting(direction?: 'up' | 'down'): Fault['play'] {
  return async ({ link }, ms) => {
    link.cut(direction)
    await sleep(ms)
    link.heal()
    return undefined
  }
}

async function killGateway({ gateway }: Campus, ms: number): Promise<TimeRange> {
  const killedAt = Date.now()
  await gateway.kill9()
  const deadAt = Date.now()
  await sleep(ms)
  await gateway.restart()
  return { from: killedAt - uncommittedMs, to: deadAt + 100 }
}

/** SIGSTOP: the process is there, its sockets are open, and it does nothing. */
async function stopped(program: Program, ms: number): Promise<undefined> {
  process.kill(program.pid, 'SIGSTOP')
  try {
    await sleep(ms)
  } finally {
    process.kill(program.pid, 'SIGCONT')
  }
  return undefined
}
