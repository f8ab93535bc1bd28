/** What can happen to the gateway: its process, its disk, its clock. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TimeRange } from '../support/api-client.ts'
import type { Campus } from '../support/test-campus.ts'
import type { Aftermath, Fault, Scene } from './fault.ts'
import { stopped } from './stopped.ts'

/** With a disk that takes nothing, nothing can be promised about a kill; so long after it is back, everything is on it. */
const diskBackMs = 1_500

/** How long 120 samples a second take to spend a memory budget of 1,000, and some more. */
const memoryBudgetMs = 9_000

/**
 * A gateway commits once a second: what is younger when the power goes is not on disk, and nobody said it was. The rest is
 * for the commit itself, on a machine that runs all of this and more.
 */
const uncommittedMs = 2_500

/** Until the messages that were on their way when the clock moved have been read. */
const clockBackMs = 500
const hourMs = 3_600_000
/** So long the gateway keeps what it measures: some of it is then on disk, and older than what a kill may cost. */
const backlogMs = 4_500
/** The clock runs this much too fast: half a minute within a second or two is what a bad time server does. */
const driftMsPerS = 5_000

export const startMs = 2_500

export const gatewayFaults = {
  'gateway killed': {
    touches: ['gateway'],
    takesMs: startMs,
    play: async ({ campus }, ms) => ({ mayLose: [await killGateway(campus, ms)] }),
  },
  'gateway restarted': {
    touches: ['gateway'],
    takesMs: startMs,
    async play({ campus }) {
      await campus.gateway.restart()
      return {}
    },
  },
  'gateway stopped': {
    touches: ['gateway'],
    play: ({ campus }, ms) => stopped(campus.gateway.program, ms),
  },
  'gateway’s disk is full': {
    touches: ['gateway'],
    takesMs: diskBackMs,
    play: refusing('ENOSPC'),
  },
  'gateway’s disk is read-only': {
    touches: ['gateway'],
    takesMs: diskBackMs,
    play: refusing('EROFS'),
  },
  'disk full and link cut until the memory budget is spent': {
    touches: ['gateway', 'link'],
    takesMs: memoryBudgetMs + diskBackMs,
    async play({ gatewayDisk, link }, ms) {
      link.cut()
      gatewayDisk.refuse('ENOSPC')
      await sleep(ms + memoryBudgetMs)
      gatewayDisk.heal()
      link.heal()
      await sleep(diskBackMs)
      return {}
    },
  },
  'gateway’s clock is an hour ahead': { touches: ['gateway'], takesMs: clockBackMs, play: stepping(hourMs) },
  'gateway’s clock is an hour behind': {
    touches: ['gateway'],
    takesMs: clockBackMs,
    play: stepping(-hourMs),
  },
  // What the first start has on disk when the second begins has numbers of an epoch that seems to be in the future.
  'gateway starts an hour ahead and again with the right clock': {
    touches: ['gateway', 'link'],
    takesMs: 2 * startMs + backlogMs,
    async play({ gatewayClock, campus, link }, ms) {
      gatewayClock.ahead(hourMs)
      const first = await killGateway(campus, ms)
      gatewayClock.ahead(0)
      link.cut()
      await sleep(backlogMs)
      const second = await killGateway(campus, 0)
      link.heal()
      return { mayLose: [first, second] }
    },
  },
  'gateway’s clock drifts': {
    touches: ['gateway'],
    takesMs: clockBackMs,
    async play({ gatewayClock }, ms) {
      const from = Date.now()
      for (let passed = 0; passed < ms; passed = Date.now() - from) {
        gatewayClock.ahead((passed / 1000) * driftMsPerS)
        await sleep(50)
      }
      gatewayClock.ahead(0)
      await sleep(clockBackMs)
      return {}
    },
  },
} as const satisfies Record<string, Fault>

export async function killGateway({ gateway }: Campus, ms: number): Promise<TimeRange> {
  const killedAt = Date.now()
  await gateway.kill9()
  const deadAt = Date.now()
  await sleep(ms)
  await gateway.restart()
  return { from: killedAt - uncommittedMs, to: deadAt + 100 }
}

function refusing(reason: 'ENOSPC' | 'EROFS'): Fault['play'] {
  return async ({ gatewayDisk }, ms) => {
    gatewayDisk.refuse(reason)
    await sleep(ms)
    gatewayDisk.heal()
    await sleep(diskBackMs)
    return {}
  }
}

function stepping(byMs: number): Fault['play'] {
  return async ({ gatewayClock }: Scene, ms): Promise<Aftermath> => {
    const from = Date.now() - clockBackMs
    gatewayClock.ahead(byMs)
    await sleep(ms)
    gatewayClock.ahead(0)
    await sleep(clockBackMs)
    return { redated: { from, to: Date.now(), byMs } }
  }
}
