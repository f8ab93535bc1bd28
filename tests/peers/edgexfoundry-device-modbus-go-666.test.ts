/**
 * edgexfoundry/device-modbus-go#666 (also home-assistant/core#51326, influxdata/telegraf#11782, emqx/neuron#1602): one dead
 * device on the bus starves the rest.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ModbusTiming } from '#gateway/profiles/device.ts'
import { address, device, point } from '#gateway/southbound/modbus/fixtures/devices.ts'
import { rtuFilled, rtuOverTcp } from '#gateway/southbound/modbus/fixtures/rtu-server.ts'
import { filled, rawServer } from '#gateway/southbound/modbus/fixtures/servers.ts'
import { type RunningModbus, runModbus } from '../support/running-modbus.ts'
import { waitFor } from '../support/wait-for.ts'

const units = Array.from({ length: 32 }, (_, i) => i + 1)
const range = (first: number, count: number) => new Set(units.slice(first, first + count))

function meters(pollMs: number, timing: Partial<ModbusTiming>) {
  const points = [point('x.a', { addr: 0, count: 2, type: 'f32' }, { pollMs })]
  const whole = { retries: 2, gapMs: 0, turnaroundMs: 0, warmupMs: 0, timeoutMs: 1000, ...timing }
  return units.map((unit) => device(`m-${unit}`, unit, { points, address: address(unit, { timing: whole }) }))
}

type Requests = readonly { readonly unit: number; readonly at: number }[]
type Watched = { readonly requests: Requests; readonly dead: Set<number>; readonly pollMs: number }

/** Part of their cycles that the living kept over `forMs` from now on: the worst of them, and all together. */
async function keptDuring(forMs: number, { requests, dead, pollMs }: Watched) {
  const from = performance.now()
  await sleep(forMs)
  const until = performance.now()
  const due = (until - from) / pollMs
  const kept = units
    .filter((unit) => !dead.has(unit))
    .map(
      (unit) => requests.filter((one) => one.unit === unit && one.at >= from && one.at < until).length / due,
    )
  return { worst: Math.min(...kept), all: kept.reduce((sum, one) => sum + one, 0) / kept.length }
}

/** After a common cause ends, every unit is read again before its next probe was due. */
async function allAreBack({ driver }: RunningModbus, { dead }: Watched): Promise<void> {
  const longest = Math.max(...driver.report().units.map(({ nextProbeMs }) => nextProbeMs ?? 0))
  dead.clear()
  const timeoutMs = longest + 6000
  await waitFor(() => expect(driver.report().units.filter(({ state }) => state !== 'answers')).toEqual([]), {
    timeoutMs,
  })
}

describe.concurrent('of 32 units', () => {
  test('behind a TCP gateway, 1 dead: the others keep 95 % of their cycles; 8 dead: 90 %; all come back', async () => {
    const pollMs = 1000
    const dead = new Set<number>()
    await using server = await rawServer((request) => (dead.has(request.unit) ? [] : [filled(request, 7)]))
    const config = { id: 'plant', host: '127.0.0.1', port: server.port }
    await using run = runModbus(config, meters(pollMs, { timeoutMs: 1000 }))
    const watched: Watched = { requests: server.requests, dead, pollMs }
    await waitFor(() => expect(run.links).toHaveLength(32))
    await sleep(1000)

    dead.add(7)
    const one = await keptDuring(20_000, watched)
    expect(one.all).toBeGreaterThan(0.95)
    expect(one.worst).toBeGreaterThan(0.9)
    await allAreBack(run, watched)

    for (const unit of range(8, 8)) dead.add(unit)
    const eight = await keptDuring(30_000, watched)
    expect(eight.all).toBeGreaterThan(0.9)
    await allAreBack(run, watched)
    expect(run.driver.report().connects).toBe(1)
  })

  test('on a serial line at 9600 baud that is half full, 1 dead: 95 %; 8 dead: 90 %', async () => {
    const pollMs = 2000
    const dead = new Set<number>()
    // 17 bytes at 9600 baud and the time a meter takes to think.
    await using server = await rtuOverTcp((request) =>
      dead.has(request.unit) ? [] : [22, rtuFilled(request, 7)],
    )
    const line = { baud: 9600, parity: 'none', stop: 1 } as const
    const config = {
      id: 'plant',
      protocol: 'modbus-rtu-over-tcp',
      host: '127.0.0.1',
      port: server.port,
      line,
    } as const
    await using run = runModbus(config, meters(pollMs, { timeoutMs: 500 }))
    const watched: Watched = { requests: server.requests, dead, pollMs }
    await waitFor(() => expect(run.links).toHaveLength(32))
    await sleep(2000)

    dead.add(7)
    expect((await keptDuring(20_000, watched)).all).toBeGreaterThan(0.95)
    for (const unit of range(8, 7)) dead.add(unit)
    expect((await keptDuring(30_000, watched)).all).toBeGreaterThan(0.9)
    await allAreBack(run, watched)
  })

  test('8 that were never there cost the others no more than that', async () => {
    const pollMs = 1000
    const dead = range(0, 8)
    await using server = await rawServer((request) => (dead.has(request.unit) ? [] : [filled(request, 7)]))
    const config = { id: 'plant', host: '127.0.0.1', port: server.port }
    await using run = runModbus(config, meters(pollMs, { timeoutMs: 300 }))
    await waitFor(() => expect(run.links.filter(({ state }) => state === 'up')).toHaveLength(24))
    const watched: Watched = { requests: server.requests, dead, pollMs }
    await sleep(5000)
    expect((await keptDuring(20_000, watched)).all).toBeGreaterThan(0.9)
    const report = run.driver.report()
    expect(report.units.filter(({ state }) => state === 'silent').map(({ unit }) => unit)).toEqual([...dead])
    expect(report.advice).toContainEqual(expect.objectContaining({ code: 'unit_never_answered', unit: 1 }))
    await allAreBack(run, watched)
  })
})
