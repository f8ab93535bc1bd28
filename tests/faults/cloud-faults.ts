/** What can happen to the cloud: its process with the broker in it, its stores, its certificate. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestGateway } from '../support/test-gateway.ts'
import { waitFor } from '../support/wait-for.ts'
import type { Fault } from './fault.ts'
import { killGateway, startMs } from './gateway-faults.ts'
import { stopped } from './stopped.ts'

/** A cloud makes its certificate for 397 days. */
const expiredDaysAgo = 400
/** A gateway that was turned away tries again after up to 15 s, and knows why at the first attempt. */
const noticedMs = 20_000
const slowFsyncMs = 400

export const cloudFaults = {
  'cloud killed': {
    touches: ['cloud'],
    takesMs: startMs,
    async play({ campus }, ms) {
      await campus.cloud.kill9()
      await sleep(ms)
      await campus.cloud.restart()
      return {}
    },
  },
  'cloud restarted with its broker': {
    touches: ['cloud'],
    takesMs: startMs,
    async play({ campus }) {
      await campus.cloud.restart()
      return {}
    },
  },
  'cloud stopped': {
    touches: ['cloud'],
    play: ({ campus }, ms) => stopped(campus.cloud.program, ms),
  },
  'both killed': {
    touches: ['gateway', 'cloud'],
    takesMs: startMs,
    async play({ campus }, ms) {
      const killed = killGateway(campus, ms)
      await campus.cloud.kill9()
      await sleep(ms)
      await campus.cloud.restart()
      return { mayLose: [await killed] }
    },
  },
  'cloud’s certificate has expired': {
    touches: ['cloud', 'gateway', 'link'],
    takesMs: 3 * startMs,
    async play({ campus, link }, ms) {
      await campus.cloud.restartWithOldCertificate(expiredDaysAgo)
      link.reset()
      const refused = await isRefused(campus.gateway)
      await sleep(ms)
      const isStillOut = /certificate of the cloud has expired/.test(await uplinkOf(campus.gateway))
      await campus.cloud.restartWithItsCertificate()
      if (refused && isStillOut) return {}
      return { findings: [`an expired certificate, and the gateway says: ${await uplinkOf(campus.gateway)}`] }
    },
  },
  'cloud’s disk is full': {
    touches: ['cloud'],
    async play({ cloudDisk }, ms) {
      cloudDisk.refuse('ENOSPC')
      await sleep(ms)
      cloudDisk.heal()
      return {}
    },
  },
  'telemetry store is slow': {
    touches: ['cloud'],
    async play({ cloudDisk }, ms) {
      cloudDisk.slow(slowFsyncMs)
      await sleep(ms)
      cloudDisk.heal()
      return {}
    },
  },
  'gateway killed while the cloud refuses': {
    touches: ['gateway', 'cloud'],
    takesMs: startMs,
    async play({ campus, cloudDisk }, ms) {
      cloudDisk.refuse('ENOSPC')
      await sleep(ms)
      const mayLose = await killGateway(campus, 0)
      cloudDisk.heal()
      return { mayLose: [mayLose] }
    },
  },
  'telemetry store killed': {
    touches: ['store'],
    async play({ influx }, ms) {
      await influx?.kill()
      await sleep(ms)
      await influx?.restart()
      return {}
    },
  },
} as const satisfies Record<string, Fault>

async function isRefused(gateway: TestGateway): Promise<boolean> {
  return waitFor(
    async () => {
      const uplink = await uplinkOf(gateway)
      if (!/certificate of the cloud has expired/.test(uplink)) throw new Error(uplink)
      return true
    },
    { timeoutMs: noticedMs },
  ).catch(() => false)
}

async function uplinkOf(gateway: TestGateway): Promise<string> {
  const { uplink } = (await gateway.health()) as { uplink: unknown }
  return JSON.stringify(uplink)
}
