/**
 * edgexfoundry/device-modbus-go#636 (also influxdata/telegraf#12021): serial adapters are renumbered by a restart and the
 * driver goes on with the wrong port; an error does not say which unit it is about.
 */
import { readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { device, shipped } from '#gateway/southbound/modbus/fixtures/devices.ts'
import { rtuFilled, rtuFrame, rtuOnPort, rtuOverTcp } from '#gateway/southbound/modbus/fixtures/rtu-server.ts'
import { openPtyPair } from '../support/pty-pair.ts'
import { runModbus } from '../support/running-modbus.ts'
import { describeWith } from '../support/servers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

test('the reason of a device that is down names bus, unit and register', async () => {
  await using server = await rtuOverTcp((request) => (request.unit === 2 ? [] : [rtuFilled(request, 7)]))
  const config = {
    id: 'plant',
    protocol: 'modbus-rtu-over-tcp',
    host: '127.0.0.1',
    port: server.port,
  } as const
  await using run = runModbus(config, [device('alive', 1), device('dead', 2, { failAfter: 1 })])
  await waitFor(() => expect(run.links.some(({ state }) => state === 'down')).toBe(true))
  expect(run.links.find(({ state }) => state === 'down')).toEqual({
    device: 'dead',
    state: 'down',
    reason: 'bus plant unit 2 input 0: no answer within 100 ms',
  })
})

test('a write that the device refuses says so with bus, unit and register', async () => {
  await using server = await rtuOverTcp((request) =>
    request.fc > 4 ? [rtuFrame(request.unit, [request.fc | 0x80, 4])] : [rtuFilled(request, 7)],
  )
  const config = {
    id: 'plant',
    protocol: 'modbus-rtu-over-tcp',
    host: '127.0.0.1',
    port: server.port,
  } as const
  await using run = runModbus(config, [shipped('waveshare.relay8', 'relay', 9)])
  await waitFor(() => expect(run.links).toHaveLength(1))
  const write = run.driver.write({ device: 'relay', point: 'relay.2' }, true, AbortSignal.timeout(5000))
  await expect(write).rejects.toThrow('bus plant unit 9 coil 1: exception 4 (device failure)')
})

describeWith(['socat'], 'a port named by its adapter', () => {
  test('is found again when the adapter has got another number', async () => {
    await using folder = await tempFolder()
    const byId = join(folder.path, 'usb-FTDI_FT232R_A50285BI-if00-port0')
    const answer = (request: Parameters<typeof rtuFilled>[0]) => [rtuFilled(request, 7)]
    const first = await openPtyPair()
    const firstEnd = await rtuOnPort(first.theirs, answer)
    await symlink(first.ours, byId)
    const config = {
      id: 'plant',
      protocol: 'modbus-rtu',
      path: byId,
      line: { baud: 9600, parity: 'none', stop: 1 },
    } as const
    await using run = runModbus(config, [device('meter', 1)])
    await waitFor(() => expect(run.readings.at(-1)?.value).toBe(7))

    // Pulled out. What has its number afterwards is another adapter, with another bus behind it.
    const before = await readlink(first.ours)
    await using second = await openPtyPair()
    await firstEnd[Symbol.asyncDispose]()
    await first[Symbol.asyncDispose]()
    await waitFor(() => expect(run.links.at(-1)).toMatchObject({ device: 'meter', state: 'down' }))
    await rm(byId)
    expect(await readlink(second.ours)).not.toBe(before)
    await using _secondEnd = await rtuOnPort(second.theirs, answer)
    await symlink(second.ours, byId)
    await waitFor(() => expect(run.links.at(-1)).toMatchObject({ device: 'meter', state: 'up' }))
    await waitFor(() => expect(run.readings.at(-1)?.value).toBe(7))
  })
})
