import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { TimeRange } from '../support/api-client.ts'
import { judge, readStored, unaccounted, type Verdict, type Written } from '../support/judge.ts'
import { silence, startProxiedCampus } from '../support/proxied-campus.ts'
import { SeededChance } from '../support/random.ts'
import type { TcpProxy } from '../support/tcp-proxy.ts'
import { type Campus, lux } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const kills = 20
/** The gateway commits once a second: what is younger when the power goes is not on disk, and nobody said it was. */
const mayLoseMs = 1500
const devices = Array.from({ length: 8 }, (_, i) =>
  lux(`lux-${i + 1}`, {
    interval: '100ms',
    signals: { illuminance: { gen: 'count', start: i, step: 8, wrap: 100_000 } },
  }),
)

type Round = {
  readonly victim: 'gateway' | 'cloud' | 'both'
  readonly inOutage: boolean
  readonly afterMs: number
  readonly downMs: number
}

function planRounds(chance: SeededChance): readonly Round[] {
  return Array.from({ length: kills }, () => ({
    victim: chance.pick(['gateway', 'cloud', 'both']),
    inOutage: chance.pick([true, false]),
    afterMs: Math.round(chance.between(200, 3000)),
    downMs: Math.round(chance.between(0, 1500)),
  }))
}

/** One kill and what follows. What the gateway took over in the times given may not have been on disk. */
async function playRound(campus: Campus, link: TcpProxy, round: Round): Promise<TimeRange | undefined> {
  if (round.inOutage) link.cut()
  await sleep(round.afterMs)
  const killsGateway = round.victim !== 'cloud'
  // A backlog is waiting when the link comes back, and the kill falls into its delivery.
  if (round.inOutage) link.heal()
  if (round.inOutage && round.victim !== 'gateway') await sleep(round.downMs / 2)
  const killedAt = Date.now()
  await Promise.all([
    ...(killsGateway ? [campus.gateway.kill9()] : []),
    ...(round.victim === 'gateway' ? [] : [campus.cloud.kill9()]),
  ])
  const deadAt = Date.now()
  await sleep(round.downMs)
  await Promise.all([
    ...(killsGateway ? [campus.gateway.restart()] : []),
    ...(round.victim === 'gateway' ? [] : [campus.cloud.restart()]),
  ])
  return killsGateway ? { from: killedAt - mayLoseMs, to: deadAt + 100 } : undefined
}

async function verdictOf(
  campus: Campus,
  written: readonly Written[],
  mayLose: readonly TimeRange[],
): Promise<Verdict> {
  const stored = await readStored(campus.cloud.api, campus.gatewayId, written)
  return judge({ written, stored, mayLose })
}

test('kill -9 of gateway, cloud or both at twenty random moments loses nothing that was acknowledged and doubles nothing', async () => {
  const chance = new SeededChance()
  const rounds = planRounds(chance)
  process.stdout.write(
    `CAMPUS_TEST_SEED=${chance.seed}\n${rounds.map((round) => JSON.stringify(round)).join('\n')}\n`,
  )
  await using proxied = await startProxiedCampus({ devices })
  const { campus, link } = proxied

  const mayLose: TimeRange[] = []
  for (const round of rounds) {
    const window = await playRound(campus, link, round)
    if (window !== undefined) mayLose.push(window)
  }
  await sleep(2000)
  const written = await silence(campus, devices)
  expect(written.length).toBeGreaterThan(1000)

  const verdict = await waitFor(
    async () => {
      const found = await verdictOf(campus, written, mayLose)
      expect(found.missing).toEqual([])
      return found
    },
    { timeoutMs: 60_000, everyMs: 1000 },
  )
  process.stdout.write(`${written.length} written, ${verdict.excused.length} lost before they were on disk\n`)
  expect({ ...verdict, excused: [] }).toEqual({
    compared: written.length,
    missing: [],
    doubled: [],
    changed: [],
    invented: [],
    redated: [],
    excused: [],
  })
  await waitFor(async () => {
    const { streams } = await campus.cloud.api.ledger(campus.gatewayId)
    expect(streams.length).toBeGreaterThan(1)
    for (const stream of streams)
      expect(unaccounted(stream), `${stream.stream} ${stream.epoch}`).toEqual({ missing: [], twice: [] })
  })
}, 420_000)
