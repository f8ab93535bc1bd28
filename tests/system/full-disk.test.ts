import { connectAsync } from 'mqtt'
import { expect, test } from 'vitest'
import { describeWithSmallDisk, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const dark = {
  id: 'dark',
  point: 'lux-1/illuminance',
  below: 300,
  hysteresis: 20,
  priority: 2,
  title: { en: 'Dark' },
}

/** The light goes off and on again, and the cloud hears of both. */
async function expectAlarm(campus: Campus): Promise<void> {
  await shine(campus, 100)
  await waitFor(async () => expect(await openAlarms(campus)).toEqual(['dark']))
  await shine(campus, 500)
  await waitFor(async () => expect(await openAlarms(campus)).toEqual([]))
}

async function openAlarms(campus: Campus): Promise<string[]> {
  return (await campus.cloud.api.alarms()).filter(({ state }) => state === 'raised').map(({ rule }) => rule)
}

async function shine(campus: Campus, illuminance: number): Promise<void> {
  const { username, password } = campus.mqttLogin
  const client = await connectAsync(campus.gateway.brokerUrl, { username, password, protocolVersion: 4 })
  await client.publishAsync('zigbee2mqtt/lux-1', JSON.stringify({ illuminance }), { qos: 1 })
  await client.endAsync(true)
}

/** Values of the meter that were measured after `since` and are in the cloud. */
async function measuredSince(campus: Campus, since: number): Promise<number> {
  const range = { from: since, to: Date.now() + 60_000 }
  return (await campus.cloud.api.samples(campus.pointId('meter-1/power.active'), range)).length
}

describeWithSmallDisk('a gateway whose disk is full', () => {
  test('polls and raises alarms, starts again, says what is wrong, and uses the room that comes back', async () => {
    await using parts = new AsyncDisposableStack()
    let disk: SmallDisk | undefined
    await using campus = await startCampus({
      devices: [meter('meter-1', 1), lux('lux-1', { isForeign: true })],
      rules: [dark],
      // More than the disk has.
      outbox: { diskBudget: '64MB' },
      prepare: async (folder) => {
        disk = parts.use(mountSmallDisk(folder, '3m'))
      },
    })
    if (disk === undefined) throw new Error('nothing was mounted')
    // Before the campus goes, and its folder with it.
    using _mounted = disk
    await waitFor(async () => expect(await measuredSince(campus, 0)).toBeGreaterThan(0))

    disk.fill()
    await waitFor(async () =>
      expect(await campus.gateway.health()).toMatchObject({
        status: 'failed',
        problems: [expect.stringMatching(/^outbox: .*full/)],
      }),
    )
    const fullAt = Date.now()
    await expectAlarm(campus)
    await waitFor(async () => expect(await measuredSince(campus, fullAt)).toBeGreaterThan(1))

    // Where a service manager starts it again, it has to come up.
    await campus.gateway.kill9()
    await campus.gateway.restart()
    const startedAt = Date.now()
    await expectAlarm(campus)
    await waitFor(async () => expect(await measuredSince(campus, startedAt)).toBeGreaterThan(1))

    disk.empty()
    await waitFor(async () =>
      expect(await campus.gateway.health()).toMatchObject({ status: 'ok', problems: [] }),
    )
  })
})
