/** home-assistant/core#46382 (also #36336, #43880): events of a camera silently stop until somebody reloads everything. */
import { describe, expect, test } from 'vitest'
import { good, qualityCodes } from '#contract/quality.ts'
import { runCamera } from '../support/running-camera.ts'
import { waitFor } from '../support/wait-for.ts'

const soon = { timeoutMs: 15_000, everyMs: 20 }
const quick = { pullTimeoutMs: 1_000, restartBackoffMs: [100, 500] } as const
const motion = (value: boolean) =>
  ({
    topic: 'tns1:RuleEngine/CellMotionDetector/Motion',
    operation: 'Changed',
    source: { VideoSourceConfigurationToken: '00000', DetectWindow: '0' },
    data: { State: value ? '1' : '0' },
  }) as const

test('a camera that goes on answering and forgets to tell is found out, and heals by itself', async () => {
  await using site = await runCamera({ profile: 'dahua.camera', subscription: quick, silenceMs: 2_000 })
  site.camera.emit(motion(true))
  await waitFor(() => expect(site.last('motion')?.value).toBe(true), soon)
  site.camera.faults.silentEvents = true
  await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), soon)
  expect(site.last('motion')).toMatchObject({ value: true, quality: qualityCodes.stale })
  expect(site.links).toEqual(['cam-1 up'])

  site.camera.faults.silentEvents = false
  site.camera.emit(motion(false))
  await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), soon)
  await waitFor(() => expect(site.last('motion')).toMatchObject({ value: false, quality: good }), soon)
})

test('a camera that was restarted is listened to again without anybody doing anything', async () => {
  await using site = await runCamera({ profile: 'dahua.camera', subscription: quick })
  await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
  site.camera.setOffline(true)
  await waitFor(() => expect(site.last('online')?.value).toBe(false), soon)
  site.camera.setOffline(false)
  site.camera.emit(motion(true))
  await waitFor(() => expect(site.last('motion')?.value).toBe(true), soon)
})

describe('firmware that takes one subscriber', () => {
  test('gets one, also for a recorder with several channels, and it is given back', async () => {
    const site = await runCamera({
      profile: 'dahua.camera',
      channels: [1, 3],
      camera: {
        traits: { sources: ['00000', '00100', '00200'], subscriptions: { max: 1, excess: 'refuse' } },
      },
      subscription: quick,
    })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(2), soon)
    expect(site.camera.subscriptions.created).toBe(1)
    site.camera.emit({ ...motion(true), source: { VideoSourceConfigurationToken: '00200' } })
    await waitFor(() => expect(site.values('motion', 'cam-3')).toEqual([true]), soon)
    expect(site.values('motion', 'cam-1')).toEqual([])
    await site[Symbol.asyncDispose]()
    expect(site.camera.subscriptions.open).toBe(0)
  })

  test('and whose place is taken says so, and serves again when it is free', async () => {
    await using site = await runCamera({
      profile: 'dahua.camera',
      camera: { traits: { subscriptions: { max: 1, excess: 'replace' } } },
      subscription: quick,
    })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
    // Another program takes the only place again and again.
    const thief = setInterval(
      () => site.camera.subscriptions.create(60_000, { max: 1, excess: 'replace' }),
      20,
    )
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), soon)
    clearInterval(thief)
    site.camera.emit(motion(true))
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), soon)
    await waitFor(() => expect(site.last('motion')?.value).toBe(true), soon)
  })
})

describe('what else brands do to their subscribers', () => {
  test.each(['relative', 'wrong'] as const)(
    'a subscription address that is %s',
    async (subscriptionAddress) => {
      await using site = await runCamera({
        profile: 'dahua.camera',
        camera: { traits: { subscriptionAddress } },
      })
      await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
      site.camera.emit(motion(true))
      await waitFor(() => expect(site.last('motion')?.value).toBe(true), soon)
    },
  )

  test('an event time that means nothing', async () => {
    await using site = await runCamera({ profile: 'hikvision.camera' })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
    const topic = 'tns1:VideoSource/MotionAlarm'
    const source = { Source: 'VideoSource_1' }
    site.camera.emit({
      topic,
      operation: 'Changed',
      source,
      data: { State: 'true' },
      utcTime: '0000-00-00T00:00:00Z',
    })
    await waitFor(() => expect(site.last('motion')?.value).toBe(true), soon)
    expect(Math.abs((site.last('motion')?.t ?? 0) - Date.now())).toBeLessThan(2_000)
  })

  test('a line that tells object 0 when somebody subscribes', async () => {
    await using site = await runCamera({ profile: 'uniview.camera' })
    const crossed = {
      topic: 'tns1:RuleEngine/LineDetector/Crossed',
      source: { VideoSourceConfigurationToken: '0', Rule: '1' },
    }
    site.camera.emit({ ...crossed, operation: 'Changed', data: { ObjectId: '0' } })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(1), soon)
    const before = site.values('line_crossed').length
    site.camera.subscriptions.drop()
    await waitFor(() => expect(site.camera.subscriptions.created).toBe(2), soon)
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(3), soon)
    expect(site.values('line_crossed')).toHaveLength(before)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    site.camera.emit({ ...crossed, operation: 'Changed', data: { ObjectId: '3' } })
    await waitFor(() => expect(site.values('line_crossed')).toHaveLength(before + 1), soon)
  })

  test('pulls that may last five seconds and no synchronisation, and only ever the beginning', async () => {
    await using site = await runCamera({
      profile: 'tplink.tapo',
      camera: { traits: { maxPullMs: 10_000, hasSync: false } },
    })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
    site.camera.emit({
      topic: 'tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent',
      operation: 'Changed',
      source: { VideoSourceConfigurationToken: 'vsconf', Rule: 'MyTPSmartEventDetectorRule' },
      data: { IsVehicle: 'true' },
    })
    await waitFor(() => expect(site.last('vehicle')?.value).toBe(true), soon)
    expect(site.last('camera.events')?.value).toBe(true)
    expect(site.camera.count('SetSynchronizationPoint')).toBe(0)
  })

  test('a topic with the number of the profile, and a subscription told apart by a number in the header', async () => {
    await using site = await runCamera({
      profile: 'axis.camera',
      camera: { traits: { hasSubscriptionIds: true } },
    })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
    site.camera.emit({
      topic: 'tnsaxis:CameraApplicationPlatform/VMD/Camera1Profile1',
      operation: 'Changed',
      data: { active: '1' },
    })
    await waitFor(() => expect(site.last('motion')?.value).toBe(true), soon)
  })

  test('the same event several times over is one', async () => {
    await using site = await runCamera({ profile: 'reolink.camera' })
    await waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), soon)
    const person = {
      topic: 'tns1:RuleEngine/MyRuleDetector/PeopleDetect',
      operation: 'Changed',
      source: { Source: '000' },
    } as const
    for (let i = 0; i < 3; i++) site.camera.emit({ ...person, data: { State: 'true' } })
    site.camera.emit({ ...person, data: { State: 'false' } })
    await waitFor(() => expect(site.last('person')?.value).toBe(false), soon)
    expect(new Set(site.values('person').slice(0, -1))).toEqual(new Set([true]))
  })
})
