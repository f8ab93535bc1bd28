import { describe, expect, test } from 'vitest'
import { good, qualityCodes } from '#contract/quality.ts'
import type { OnvifDevice } from '#gateway/profiles/device.ts'
import { type CameraOptions, CameraSimulator } from '#simulators/onvif/camera-simulator.ts'
import { waitFor } from '../../../tests/support/wait-for.ts'
import { cameraDevice } from './fixtures/devices.ts'
import { startDriver } from './fixtures/start-driver.ts'

type Address = Partial<OnvifDevice['address']>
const fast = { timeoutMs: 5_000, everyMs: 20 }

async function start(
  options: CameraOptions & { silenceMs?: number } = {},
  address: Address = {},
  password?: string,
) {
  const camera = await CameraSimulator.start(options)
  const device = cameraDevice({
    silenceMs: options.silenceMs ?? 60_000,
    address: { ports: [camera.port], ...address },
  })
  const driver = startDriver({ devices: [device], ...(password === undefined ? {} : { password }) })
  const end = async () => {
    await driver.end()
    await camera[Symbol.asyncDispose]()
  }
  return { ...driver, camera, device, end, [Symbol.asyncDispose]: end }
}

function motion(value: string, source: Record<string, string> = { Source: 'VideoSource_1' }) {
  return {
    topic: 'tns1:VideoSource/MotionAlarm',
    operation: 'Changed',
    source,
    data: { State: value },
  } as const
}

const subscribed = (site: { camera: CameraSimulator }) =>
  waitFor(() => expect(site.camera.count('PullMessages')).toBeGreaterThan(0), fast)

describe('connecting', () => {
  test('says who the camera is, that it is there, and how far off its clock is', async () => {
    await using site = await start({ traits: { manufacturer: 'Acme', model: 'C7' } })
    await subscribed(site)
    expect(site.links).toEqual(['cam-1 up'])
    expect(site.driver.camera).toMatchObject({ manufacturer: 'Acme', model: 'C7', firmware: 'V5.7.3' })
    expect(site.machines).toEqual([
      'cam-1 {"maker":"Acme","model":"C7","serial":"SIM-0001","firmware":"V5.7.3"}',
    ])
    expect(site.last('online')).toMatchObject({ value: true, quality: good })
    await waitFor(() => expect(site.last('camera.events')).toMatchObject({ value: true }), fast)
    expect(Math.abs(Number(site.last('camera.clock_offset')?.value))).toBeLessThanOrEqual(1.5)
  })

  test.each(['wsse', 'digest', 'both'] as const)(
    'a camera that takes %s, with a clock 40 s off',
    async (auth) => {
      const camera = await CameraSimulator.start({ auth })
      camera.faults.clockOffsetMs = 40_000
      await using driver = startDriver({
        devices: [cameraDevice({ address: { ports: [camera.port], auth } })],
      })
      await using _ = camera
      await waitFor(() => expect(camera.count('PullMessages')).toBeGreaterThan(0), fast)
      expect(camera.logins.refused).toBe(0)
      expect(Number(driver.last('camera.clock_offset')?.value)).toBeGreaterThan(38)
      expect(driver.troubles).toEqual([
        expect.stringMatching(/^cam-1: clock_wrong 127\.0\.0\.1: its clock is (39|4[01]) s ahead$/),
      ])
    },
  )

  test('a camera whose clock is set meanwhile is asked for its time, not for another password', async () => {
    await using site = await start({ auth: 'wsse' }, { auth: 'wsse' })
    await subscribed(site)
    site.camera.faults.clockOffsetMs = 120_000
    site.camera.emit(motion('true'))
    site.camera.subscriptions.drop()
    await waitFor(() => expect(site.camera.subscriptions.created).toBe(2), fast)
    await waitFor(() => expect(site.last('motion')?.value).toBe(true), fast)
    expect(site.links).toEqual(['cam-1 up'])
    expect(site.camera.logins.refused).toBeLessThanOrEqual(2)
  })

  test('tries the ports in their order', async () => {
    const closed = await CameraSimulator.start()
    const port = closed.port
    await closed[Symbol.asyncDispose]()
    const camera = await CameraSimulator.start()
    await using _ = camera
    await using driver = startDriver({ devices: [cameraDevice({ address: { ports: [port, camera.port] } })] })
    await waitFor(() => expect(driver.links).toEqual(['cam-1 up']), fast)
  })

  test.each([{ hasServices: false }, { hasMedia2: true }, { hasEvents: false }])(
    'a camera with %o is served',
    async (traits) => {
      await using site = await start({ traits })
      await waitFor(() => expect(site.links).toEqual(['cam-1 up']), fast)
      expect(await site.driver.streams('cam-1')).toMatchObject({
        main: { href: 'rtsp://127.0.0.1:554/Profile_1' },
        sub: { href: 'rtsp://127.0.0.1:554/Profile_2' },
      })
      const { hasEvents = true } = traits
      await waitFor(() => expect(site.last('camera.events')?.value).toBe(hasEvents), fast)
    },
  )
})

describe.concurrent('a wrong password', () => {
  test.each(['wsse', 'digest', 'both'] as const)(
    'with %s is tried once, said clearly, and never shown',
    async (auth) => {
      await using site = await start({ auth, password: 'right' }, { auth }, 'Not-The-Password-42')
      await waitFor(() => expect(site.links).toHaveLength(1), fast)
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(site.links).toEqual([
        expect.stringMatching(
          /^cam-1 down: http:\/\/127\.0\.0\.1:\d+\/.*: the user name or the password is not accepted; next attempt in \d+ s/,
        ),
      ])
      expect(site.camera.logins.refused).toBeGreaterThanOrEqual(1)
      expect(site.camera.logins.refused).toBeLessThanOrEqual(2)
      expect(site.last('online')).toMatchObject({ value: false })
      expect(site.last('camera.events')).toMatchObject({ value: false })
      await expect(site.driver.snapshot('cam-1', AbortSignal.timeout(1_000))).rejects.toThrow(
        /refuses the password/,
      )
      expect(site.troubles).toEqual([
        expect.stringMatching(
          /^cam-1: login_refused 127\.0\.0\.1: .*password is not accepted; next attempt in/,
        ),
      ])
      expect(JSON.stringify([site.lines, site.links, site.troubles])).not.toContain('Not-The-Password-42')
    },
  )
})

test('a camera that keeps even its services to itself costs a wrong password no more attempts', async () => {
  await using site = await start({ password: 'right', traits: { hidesServices: true } }, {}, 'wrong')
  await waitFor(() => expect(site.links).toHaveLength(1), fast)
  expect(site.camera.logins.refused).toBeLessThanOrEqual(2)
  expect(site.camera.count('GetCapabilities')).toBe(0)
})

describe('an event', () => {
  test('becomes a reading within 100 ms, with the camera’s time corrected', async () => {
    await using site = await start()
    site.camera.faults.clockOffsetMs = 40_000
    await subscribed(site)
    const before = performance.now()
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true]), { timeoutMs: 2_000, everyMs: 5 })
    expect(performance.now() - before).toBeLessThan(100)
    expect(Math.abs((site.last('motion')?.t ?? 0) - Date.now())).toBeLessThan(3_000)
  })

  test('with a time that means nothing has the time at which it came', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.emit({ ...motion('true'), utcTime: '0000-00-00T00:00:00Z' })
    await waitFor(() => expect(site.values('motion')).toEqual([true]), fast)
    expect(Math.abs((site.last('motion')?.t ?? 0) - Date.now())).toBeLessThan(1_000)
  })

  test('is on while any rule says so, and falls back by itself', async () => {
    const device = cameraDevice()
    const events = device.address.events.map((one) =>
      one.point === 'motion' ? { ...one, holdMs: 700 } : one,
    )
    await using site = await start({}, { events })
    await subscribed(site)
    const inside = (id: string, value: string) =>
      site.camera.emit({
        topic: 'tns1:RuleEngine/FieldDetector/ObjectsInside',
        operation: 'Changed',
        source: { VideoSourceConfigurationToken: 'VideoSource_1Config', Rule: 'Field' },
        key: { ObjectId: id },
        data: { IsInside: value },
      })
    inside('1', 'true')
    inside('2', 'true')
    inside('1', 'false')
    await waitFor(() => expect(site.values('intrusion')).toEqual([true, true, true]), fast)
    inside('2', 'false')
    await waitFor(() => expect(site.values('intrusion').at(-1)).toBe(false), fast)

    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true, false]), fast)
  })

  test('that never ends at the camera falls back once, however often the camera is asked for its states', async () => {
    const device = cameraDevice()
    const events = device.address.events.map((one) =>
      one.point === 'motion' ? { ...one, holdMs: 300 } : one,
    )
    await using site = await start({ silenceMs: 600 }, { events })
    await subscribed(site)
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true, false]), fast)
    const asked = site.camera.count('SetSynchronizationPoint')
    await waitFor(() => expect(site.camera.count('SetSynchronizationPoint')).toBeGreaterThan(asked + 1), fast)
    expect(new Set(site.values('motion').slice(1))).toEqual(new Set([false]))
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.last('motion')?.value).toBe(true), fast)
  })

  test('of a line is one event, however often it is repeated at once', async () => {
    await using site = await start()
    await subscribed(site)
    const crossed = {
      topic: 'tns1:RuleEngine/LineDetector/Crossed',
      source: { Rule: 'Line' },
      data: { ObjectId: '4' },
    }
    for (let i = 0; i < 3; i++) site.camera.emit(crossed)
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true]), fast)
    expect(site.values('line_crossed')).toEqual([true])
  })
})

describe.concurrent('supervision', () => {
  const subscription = (more: Partial<Address['subscription'] & object> = {}) => ({
    subscription: { ...cameraDevice().address.subscription, ...more },
  })

  test('a subscription is renewed before it ends, and given back at the end', async () => {
    const site = await start({}, subscription({ terminationMs: 3_000, renewBeforeMs: 2_000 }))
    await waitFor(() => expect(site.camera.count('Renew')).toBeGreaterThan(1), fast)
    expect(site.camera.subscriptions.created).toBe(1)
    expect(site.camera.subscriptions.open).toBe(1)
    const stopping = performance.now()
    await site.end()
    expect(performance.now() - stopping).toBeLessThan(1_000)
    expect(site.camera.subscriptions.open).toBe(0)
  })

  test('a subscription that the camera forgot is made again, and nobody is alarmed', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.subscriptions.drop()
    await waitFor(() => expect(site.camera.subscriptions.created).toBe(2), fast)
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.last('motion')?.value).toBe(true), fast)
    expect(site.values('camera.events')).toEqual([true])
  })

  test('when it cannot be made again the events are lost, states are old, and both recover', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true]), fast)
    site.camera.faults.noSubscriptions = true
    site.camera.subscriptions.drop()
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), fast)
    expect(site.last('motion')).toMatchObject({ value: true, quality: qualityCodes.stale })
    expect(site.links).toEqual(['cam-1 up'])
    expect(site.troubles).toEqual([expect.stringMatching(/^cam-1: events_lost 127\.0\.0\.1: /)])
    site.camera.emit(motion('false'))
    site.camera.faults.noSubscriptions = false
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), fast)
    await waitFor(() => expect(site.last('motion')).toMatchObject({ value: false, quality: good }), fast)
  })

  test('failing again and again does not become a storm', async () => {
    await using site = await start({ traits: { subscriptions: { max: 0, excess: 'refuse' } } })
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), fast)
    const before = site.camera.count('CreatePullPointSubscription')
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(site.camera.count('CreatePullPointSubscription') - before).toBeLessThanOrEqual(4)
  })

  test('pulls that are never answered are a loss, although the camera answers everything else', async () => {
    await using site = await start({}, subscription({ restartBackoffMs: [100, 200] }))
    await subscribed(site)
    site.camera.faults.hangingPulls = true
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), {
      timeoutMs: 10_000,
      everyMs: 50,
    })
    expect(site.links).toEqual(['cam-1 up'])
    site.camera.faults.hangingPulls = false
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), {
      timeoutMs: 10_000,
      everyMs: 50,
    })
  }, 25_000)

  test.each([true, false])(
    'a camera that answers and tells nothing any more (asked: %s)',
    async (hasSync) => {
      await using site = await start(
        { silenceMs: 2_000, traits: { hasSync } },
        subscription({ sync: hasSync }),
      )
      site.camera.emit(motion('true'))
      await waitFor(() => expect(site.last('motion')?.value).toBe(true), fast)
      site.camera.faults.silentEvents = true
      await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), {
        timeoutMs: 10_000,
        everyMs: 50,
      })
      expect(site.last('motion')?.quality).toBe(qualityCodes.stale)
      expect(site.lines.join('')).toContain('answers, but tells no events any more')
      const lostAt = site.readings.length
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      expect(site.readings.slice(lostAt).filter(({ point }) => point === 'camera.events')).toEqual([])
      site.camera.faults.silentEvents = false
      site.camera.emit(motion('false'))
      await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), {
        timeoutMs: 10_000,
        everyMs: 50,
      })
      await waitFor(() => expect(site.last('motion')).toMatchObject({ value: false, quality: good }), fast)
    },
    30_000,
  )

  test('a camera that never told a state is left in peace', async () => {
    await using site = await start({ silenceMs: 1_000 })
    await subscribed(site)
    await new Promise((resolve) => setTimeout(resolve, 4_500))
    expect(site.values('camera.events')).toEqual([true])
    expect(site.camera.subscriptions.created).toBe(1)
  }, 10_000)

  test('empty answers at once are no hot loop', async () => {
    await using site = await start({ traits: { ignoresPullTimeout: true } })
    await subscribed(site)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(site.camera.count('PullMessages')).toBeLessThanOrEqual(4)
  })

  test('garbage instead of answers is survived', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.faults.garbage = true
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(false), fast)
    site.camera.faults.garbage = false
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), fast)
  })

  test.each(['relative', 'wrong'] as const)(
    'a %s subscription address leads back to the camera',
    async (address) => {
      await using site = await start({ traits: { subscriptionAddress: address } })
      await subscribed(site)
      site.camera.emit(motion('true'))
      await waitFor(() => expect(site.values('motion')).toEqual([true]), fast)
    },
  )

  test('a number that the camera wants back is given back', async () => {
    await using site = await start({ traits: { hasSubscriptionIds: true } })
    await subscribed(site)
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true]), fast)
  })

  test('a camera that goes away is down with its points, and up again when it is back', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.emit(motion('true'))
    await waitFor(() => expect(site.values('motion')).toEqual([true]), fast)
    site.camera.setOffline(true)
    await waitFor(() => expect(site.links).toHaveLength(2), fast)
    expect(site.links[1]).toMatch(/^cam-1 down: http:\/\/127\.0\.0\.1:\d+\/.* not reachable/)
    expect(site.last('motion')).toMatchObject({ value: null, quality: qualityCodes['bad:link'] })
    expect(site.last('online')?.value).toBe(false)
    site.camera.setOffline(false)
    await waitFor(() => expect(site.links).toHaveLength(3), fast)
    await waitFor(() => expect(site.last('camera.events')?.value).toBe(true), fast)
    expect(site.last('motion')).toMatchObject({ value: true, quality: good })
  })
})

describe('a recorder', () => {
  test('has one login and one subscription for all its channels, and each hears its own', async () => {
    await using camera = await CameraSimulator.start({
      traits: { sources: ['00000', '00100'], subscriptions: { max: 1, excess: 'refuse' } },
    })
    const channel = (number: number) =>
      cameraDevice({ id: `cam-${number}`, address: { ports: [camera.port], channel: number } })
    await using driver = startDriver({ devices: [channel(1), channel(2)] })
    await waitFor(() => expect(camera.count('PullMessages')).toBeGreaterThan(0), fast)
    camera.emit(motion('true', { VideoSourceToken: '00100' }))
    await waitFor(() => expect(driver.values('motion', 'cam-2')).toEqual([true]), fast)
    expect(driver.values('motion', 'cam-1')).toEqual([])
    expect(camera.subscriptions.created).toBe(1)
  })
})

describe('writing', () => {
  const write = (site: Awaited<ReturnType<typeof start>>, point: string, value: boolean | number | string) =>
    site.driver.write({ device: 'cam-1', point }, value, AbortSignal.timeout(10_000))

  test('a relay is switched and read back by its event', async () => {
    await using site = await start()
    await subscribed(site)
    expect(await write(site, 'relay.1', true)).toEqual({ readBack: true, verified: true })
    expect(site.camera.state.relays.get('RelayOutput_1')).toBe(true)
    expect(site.last('relay.1')?.value).toBe(true)
  })

  test('brightness is set and read back, 0 too', async () => {
    await using site = await start()
    await subscribed(site)
    expect(await write(site, 'camera.brightness', 80)).toEqual({ readBack: 80, verified: true })
    expect(await write(site, 'camera.brightness', 0)).toEqual({ readBack: 0, verified: true })
    expect(site.camera.state.brightness).toBe(0)
  })

  test('presets by token and by name, home, and what there is when there is no such preset', async () => {
    await using site = await start()
    await subscribed(site)
    await write(site, 'ptz.preset', 'yard')
    expect(site.camera.state.position).toEqual({ x: 0.5, y: 0, zoom: 0 })
    await write(site, 'ptz.preset', '1')
    expect(site.camera.state.position.x).toBe(-0.5)
    await write(site, 'ptz.preset', 'home')
    expect(site.camera.state.position).toEqual({ x: 0, y: 0, zoom: 0 })
    await expect(write(site, 'ptz.preset', 'roof')).rejects.toMatchObject({
      code: 'DEVICE_REFUSED',
      message: 'cam-1: no preset roof; there are 1 (gate), 2 (yard)',
    })
  })

  test('a move ends by itself after the limit of the profile, also where the camera would go on', async () => {
    await using site = await start({}, { ptz: { presets: true, goto: true, home: true, continuousMaxS: 1 } })
    await subscribed(site)
    await write(site, 'ptz.move', 'left')
    const { moving } = site.camera.state
    expect(moving?.velocity).toEqual({ x: -0.5, y: 0, zoom: 0 })
    if (moving !== undefined) Object.assign(moving, { until: Number.POSITIVE_INFINITY })
    await waitFor(() => expect(site.camera.count('Stop')).toBe(1), fast)
    expect(site.camera.state.moving).toBeUndefined()
  })

  test('a move that is stopped is not stopped again', async () => {
    await using site = await start({}, { ptz: { presets: true, goto: true, home: true, continuousMaxS: 1 } })
    await subscribed(site)
    await write(site, 'ptz.move', 'up')
    await write(site, 'ptz.move', 'stop')
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(site.camera.count('Stop')).toBe(1)
  })

  test('a move ends when the gateway does', async () => {
    const site = await start()
    await subscribed(site)
    await write(site, 'ptz.move', 'left')
    await site.end()
    expect(site.camera.state.moving).toBeUndefined()
  })

  test('what cannot be said is refused before the camera is asked', async () => {
    await using site = await start()
    await subscribed(site)
    await expect(write(site, 'relay.1', 'on')).rejects.toMatchObject({ code: 'VALUE_OUT_OF_RANGE' })
    await expect(write(site, 'ptz.move', 'somewhere')).rejects.toMatchObject({
      code: 'VALUE_OUT_OF_RANGE',
      message: 'ptz.move: expected left, right, up, down, zoom_in, zoom_out, stop, found somewhere',
    })
    expect(site.camera.count('ContinuousMove')).toBe(0)
  })

  test('a camera that is not there', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.setOffline(true)
    await waitFor(() => expect(site.links).toHaveLength(2), fast)
    await expect(write(site, 'relay.1', true)).rejects.toMatchObject({ code: 'LINK_DOWN' })
  })
})

describe('a picture', () => {
  const take = (site: Awaited<ReturnType<typeof start>>) =>
    site.driver.snapshot('cam-1', AbortSignal.timeout(10_000))

  test.each(['digest', 'wrong-host'] as const)('behind %s', async (snapshot) => {
    await using site = await start({ traits: { snapshot } })
    await subscribed(site)
    const { jpeg, at } = await take(site)
    expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8])
    expect(Math.abs(at - Date.now())).toBeLessThan(2_000)
  })

  test('that the camera does not offer by ONVIF is found where the profile says', async () => {
    const snapshot = { ...cameraDevice().address.snapshot, httpPaths: ['/nothing.jpg?none', '/snapshot.jpg'] }
    await using site = await start({ traits: { snapshot: 'none' } }, { snapshot })
    await subscribed(site)
    await expect(take(site)).rejects.toThrow(/cam-1: no picture \(.*Not Implemented.*HTTP 404/)
  })

  test('is asked for once by many, and not more often than allowed', async () => {
    const snapshot = { ...cameraDevice().address.snapshot, maxRateMs: 60_000 }
    await using site = await start({}, { snapshot })
    await subscribed(site)
    const [one, two] = await Promise.all([take(site), take(site)])
    expect(two).toEqual(one)
    expect((await take(site)).at).toBe(one.at)
    expect(site.camera.count('GET')).toBe(2) // the challenge and the picture
  })

  test('that is refused is refused once', async () => {
    await using site = await start()
    await subscribed(site)
    site.camera.faults.snapshotRefused = true
    await expect(take(site)).rejects.toMatchObject({ failure: 'credentials' })
    expect(site.camera.count('GET')).toBe(2)
  })
})

test('a probe shows the present states raw and decoded, and leaves nothing behind', async () => {
  await using camera = await CameraSimulator.start({ traits: { manufacturer: 'Acme' } })
  camera.emit(motion('true'))
  const device = cameraDevice({ vendor: 'Acme', address: { ports: [camera.port] } })
  await using driver = startDriver({ devices: [] })
  const probed = await driver.driver.probe(device, AbortSignal.timeout(10_000))
  expect(probed.identity).toEqual({ fits: true, text: 'Acme Dome 1 V5.7.3' })
  expect(probed.points).toContainEqual({ point: 'motion', raw: 'State=true', value: true, quality: good })
  expect(probed.points).toContainEqual({ point: 'camera.brightness', value: 50, quality: good })
  expect(probed.points.find(({ point }) => point === 'intrusion')).toMatchObject({ value: null })
  expect(camera.subscriptions.open).toBe(0)
  expect(driver.readings).toEqual([])
})
