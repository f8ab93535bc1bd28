import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Alarm } from '#contract/api/alarms.ts'
import type { AssetList } from '#contract/api/assets.ts'
import { CameraSimulator } from '#simulators/onvif/camera-simulator.ts'
import { type Campus, startCampus, type TestDevice } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const password = 'Gate-4-öffnen!'

/** A camera that stands outside of everything: the test has its hand on it. */
function installed(id: string, camera: CameraSimulator, more: Record<string, unknown> = {}): TestDevice {
  const address = { host: '127.0.0.1', port: camera.port, username: 'admin', password }
  return {
    id,
    profile: 'onvif.camera',
    isForeign: true,
    instance: { ...address, alarms: { events_lost: { for: '1s' } }, ...more },
  }
}

function motion(value: boolean) {
  return {
    topic: 'tns1:RuleEngine/CellMotionDetector/Motion//.',
    operation: 'Changed',
    source: { VideoSourceConfigurationToken: 'VideoSource_1Config', Rule: 'MyMotion' },
    data: { IsMotion: String(value) },
  } as const
}

async function shownLast(campus: Campus, point: string) {
  const devices = await campus.cloud.api.devices()
  return devices.flatMap(({ points }) => points).find(({ id }) => id === campus.pointId(point))?.last
}

async function alarmsOf(campus: Campus, rule: string): Promise<readonly Alarm[]> {
  const { items } = await campus.cloud.api.call<{ items: readonly Alarm[] }>('/api/v1/alarms?state=all')
  return items.filter((alarm) => alarm.rule.includes(rule))
}

/** Everything that the gateway or the cloud wrote down or tells. */
async function everythingSaid(campus: Campus): Promise<string> {
  const { gateway, cloud, folder } = campus
  const data = join(folder.path, 'gateway', 'data')
  const names = await readdir(data, { recursive: true, withFileTypes: true })
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const stored = await Promise.all(files.map((file) => readFile(file, 'latin1')))
  const told = [gateway.program.output, await gateway.metrics(), JSON.stringify(await gateway.health())]
  const api = [await cloud.api.devices(), await cloud.api.alarms(), await cloud.api.gateways()]
  return [...told, ...stored, JSON.stringify(api), cloud.program.output].join('\n')
}

test('the register of the cloud knows which camera it is, over a restart of the gateway, too', async () => {
  await using camera = await CameraSimulator.start({ password, traits: { serial: 'SN-1' } })
  await using campus = await startCampus({ devices: [installed('cam-1', camera)] })
  const seen = async () => {
    const list = await campus.cloud.api.call<AssetList>('/api/v1/assets?kind=camera')
    return list.items[0]
  }
  await waitFor(async () => expect(await seen()).toMatchObject({ serial: 'SN-1', firmware: 'V5.7.3' }))
  const before = await seen()
  await campus.gateway.restart()
  await waitFor(async () => expect((await shownLast(campus, 'cam-1/online'))?.value).toBe(true))
  expect(await seen()).toEqual(before)
})

test('motion is in the cloud within a second; the password is nowhere', async () => {
  await using camera = await CameraSimulator.start({ password })
  await using campus = await startCampus({ devices: [installed('cam-1', camera)] })
  await waitFor(() => expect(camera.count('PullMessages')).toBeGreaterThan(0))
  await waitFor(async () => expect((await shownLast(campus, 'cam-1/online'))?.value).toBe(true))

  camera.emit(motion(true))
  const happenedAt = performance.now()
  await waitFor(async () => expect((await shownLast(campus, 'cam-1/motion'))?.value).toBe(true), {
    everyMs: 20,
  })
  expect(performance.now() - happenedAt).toBeLessThan(1_000)

  camera.emit(motion(false))
  await waitFor(async () => expect((await shownLast(campus, 'cam-1/motion'))?.value).toBe(false))
  const [device] = await campus.cloud.api.devices()
  expect(device).toMatchObject({ category: 'camera', link: { state: 'up' } })
  const said = await everythingSaid(campus)
  expect(said).toContain('camera connected')
  expect(said).not.toContain(password)
  expect(said).not.toContain(Buffer.from(password).toString('latin1'))
})

test('a wrong password is tried once or twice and said where people look', async () => {
  await using camera = await CameraSimulator.start({ password: 'another' })
  await using campus = await startCampus({ devices: [installed('cam-1', camera)] })
  await waitFor(async () => {
    const [device] = await campus.cloud.api.devices()
    expect(device?.link).toMatchObject({
      state: 'down',
      reason: expect.stringMatching(/the user name or the password is not accepted; next attempt in \d+ s/),
    })
  })
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  expect(camera.logins.refused).toBeLessThanOrEqual(2)
  expect((await shownLast(campus, 'cam-1/online'))?.value).toBe(false)
  expect(await everythingSaid(campus)).not.toContain(password)
})

test('a camera that takes no subscription any more raises an alarm, and clears it when it does again', async () => {
  await using camera = await CameraSimulator.start({ password })
  await using campus = await startCampus({ devices: [installed('cam-1', camera)] })
  await waitFor(async () => expect((await shownLast(campus, 'cam-1/camera.events'))?.value).toBe(true))
  expect(await alarmsOf(campus, 'events')).toEqual([])

  camera.faults.noSubscriptions = true
  camera.subscriptions.drop()
  await waitFor(
    async () => {
      expect(await alarmsOf(campus, 'events')).toMatchObject([
        {
          state: 'raised',
          priority: 2,
          point: campus.pointId('cam-1/camera.events'),
          title: { zh: expect.stringContaining('事件丢失'), en: expect.stringContaining('events lost') },
        },
      ])
    },
    { timeoutMs: 30_000 },
  )
  const [device] = await campus.cloud.api.devices()
  expect(device?.link.state).toBe('up')

  camera.faults.noSubscriptions = false
  await waitFor(async () => expect(await alarmsOf(campus, 'events')).toMatchObject([{ state: 'cleared' }]), {
    timeoutMs: 60_000,
  })
})
