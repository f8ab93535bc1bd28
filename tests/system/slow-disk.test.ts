import { connectAsync, type MqttClient } from 'mqtt'
import { expect, test } from 'vitest'
import { describeWithDiskFaults, diskFaults } from '../support/disk-faults.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const slowFsyncMs = 500
/** What the slow disk may cost. */
const allowedMs = 50
const relay = { id: 'relay-1', profile: 'waveshare.relay8', unit: 2 }
const dark = {
  id: 'dark',
  point: 'lux-1/illuminance',
  below: 300,
  hysteresis: 20,
  priority: 2,
  title: { en: 'Dark' },
}

/** Resolves with the next message that `wanted` accepts. */
function next(client: MqttClient, wanted: (topic: string, payload: string) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const listen = (topic: string, payload: Buffer) => {
      if (!wanted(topic, payload.toString())) return
      client.off('message', listen)
      resolve()
    }
    client.on('message', listen)
  })
}

async function howLong(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

async function alarmDelays(client: MqttClient, rounds: number): Promise<readonly number[]> {
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const [illuminance, state] of [
      [100, 'raised'],
      [500, 'cleared'],
    ] as const) {
      const changed = next(client, (topic, text) => topic === 'alarms/dark' && text.includes(state))
      delays.push(
        await howLong(async () => {
          await client.publishAsync('zigbee2mqtt/lux-1', JSON.stringify({ illuminance }))
          await changed
        }),
      )
    }
  }
  return delays
}

async function commandDelays(client: MqttClient, rounds: number): Promise<readonly number[]> {
  const delays: number[] = []
  for (let round = 0; round < rounds; round++) {
    const done = next(
      client,
      (topic, text) => topic === 'commands/relay-1/relay.1/result' && text.includes('"done"'),
    )
    delays.push(
      await howLong(async () => {
        await client.publishAsync('commands/relay-1/relay.1', JSON.stringify({ value: round % 2 === 0 }))
        await done
      }),
    )
    // The profile lets a relay be switched three times a second.
    await new Promise((resolve) => setTimeout(resolve, 350))
  }
  return delays
}

/** How far the meter's samples are from the beat of their poll class. */
async function pollDelays(campus: Campus, since: number): Promise<readonly number[]> {
  const everyMs = 2000
  const samples = await campus.cloud.api.samples(campus.pointId('meter-1/power.active'), {
    from: since,
    to: Date.now() + 60_000,
  })
  return samples
    .map(([t]) => t)
    .flatMap((t, i, all) => (i === 0 ? [] : [t - (all[i - 1] ?? t)]))
    .map((gap) => Math.abs(gap - Math.max(1, Math.round(gap / everyMs)) * everyMs))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

type Delays = {
  readonly alarms: readonly number[]
  readonly commands: readonly number[]
  readonly polls: readonly number[]
}

async function measure(campus: Campus): Promise<Delays> {
  const { username, password } = campus.mqttLogin
  const client = await connectAsync(campus.gateway.brokerUrl, { username, password, protocolVersion: 4 })
  await client.subscribeAsync(['alarms/#', 'commands/#'])
  await waitFor(async () => {
    const devices = await campus.cloud.api.devices()
    expect(devices.flatMap(({ points }) => points).some(({ last }) => last?.quality === 'good')).toBe(true)
  })
  const since = Date.now()
  const alarms = await alarmDelays(client, 8)
  const commands = await commandDelays(client, 12)
  await client.endAsync(true)
  const polls = await waitFor(
    async () => {
      const delays = await pollDelays(campus, since)
      expect(delays.length).toBeGreaterThanOrEqual(6)
      return delays
    },
    { timeoutMs: 40_000, everyMs: 1000 },
  )
  return { alarms, commands, polls }
}

describeWithDiskFaults('a gateway whose every fsync takes half a second', () => {
  test('polls, raises alarms and carries out commands as with a fast disk', async () => {
    await using folder = await tempFolder()
    const faults = diskFaults(folder.path)
    const start = (fsyncMs: number) => {
      faults.slow(fsyncMs)
      return startCampus({
        devices: [meter('meter-1', 1), relay, lux('lux-1', { isForeign: true })],
        rules: [dark],
        gatewayEnv: faults.env,
      })
    }

    const fast = await (async () => {
      await using campus = await start(0)
      return await measure(campus)
    })()
    await using campus = await start(slowFsyncMs)
    const slow = await measure(campus)

    for (const what of ['alarms', 'commands', 'polls'] as const) {
      const seen = `${what}: fast ${fast[what].map(Math.round)} slow ${slow[what].map(Math.round)}`
      expect(median(slow[what]) - median(fast[what]), seen).toBeLessThan(allowedMs)
      // One that had waited for the disk would be this late.
      expect(Math.max(...slow[what]), seen).toBeLessThan(slowFsyncMs)
    }
    // The fault was there: what the gateway committed took its time.
    const [, seconds] = /^gateway_outbox_commit_seconds (\S+)$/m.exec(await campus.gateway.metrics()) ?? []
    expect(Number(seconds)).toBeGreaterThan(slowFsyncMs / 1000)
  })
})
