import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Device } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { campuses, type Place, placesOf } from './campuses.ts'
import { counterStarts } from './counters.ts'
import { rightsOf } from './credentials.ts'

const places = campuses.flatMap(placesOf)

test('Chinese stands apart from Latin letters and digits', () => {
  const glued = places
    .flatMap(({ title, location }) => [title.zh ?? '', location.zh ?? ''])
    .filter((text) => /[A-Za-z0-9]\p{Script=Han}|\p{Script=Han}[A-Za-z0-9]/u.test(text))
  expect(glued).toEqual([])
  expect(places.map(({ title }) => title.zh)).toContain('教学楼 A 总表')
})

const { profiles } = loadProfiles(fileURLToPath(new URL('../../device-profiles', import.meta.url)))

function deviceOf({ id, profile, params }: Place): Device {
  const found = profiles.get(profile)
  if (found === undefined) throw new Error(`no profile ${profile}`)
  const where = { modbus: { bus: 'any' }, mqtt: {}, onvif: { host: '127.0.0.1' } }[found.protocol]
  const result = resolveDevice(found, { id, profile, params: params as Record<string, string>, ...where })
  if (!result.ok) throw new Error(`${id}: ${JSON.stringify(result.problems)}`)
  return result.device
}

test('every device has a profile that takes it, and an id of its own', () => {
  for (const campus of campuses) {
    const ids = placesOf(campus).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const place of placesOf(campus)) expect(deviceOf(place).id).toBe(place.id)
  }
})

test('a meter has counted for years, its phases as much as the whole, and never less at a later start', () => {
  for (const place of places.filter(({ profile }) => profile === 'eastron.sdm630')) {
    const startsAt = (now: number) => {
      const starts = counterStarts(deviceOf(place), place.signals ?? {}, now)
      return (point: string) => Object.assign({ start: 0 }, starts[point]).start
    }
    const now = Date.UTC(2026, 0, 5)
    const start = startsAt(now)
    const total = start('energy.active.import')
    const phases = ['l1', 'l2', 'l3'].map((phase) => start(`energy.active.import.${phase}`))
    expect(total).toBeGreaterThan(100_000)
    // What such a meter can show, and what a 32-bit float can tell apart.
    expect(total).toBeLessThan(1_000_000)
    expect(Math.abs(phases.reduce((sum, one) => sum + one) - total)).toBeLessThanOrEqual(3)
    // More than what three phases of at most 5 kW add in a day.
    expect(startsAt(now + 86_400_000)('energy.active.import') - total).toBeGreaterThan(250)
  }
})

test('an MQTT device may say what it says and hear its commands, and nothing else', () => {
  const device = deviceOf({
    ...{ id: 'plug-1', profile: 'tasmota.plug', title: {}, location: {}, params: { topic: 'plug' } },
  })
  if (device.protocol !== 'mqtt') throw new Error('not an MQTT device')
  const { publish, subscribe } = rightsOf(device)
  expect([...publish, ...subscribe].filter((topic) => !topic.includes('/plug/'))).toEqual([])
  expect(publish).toContain('tele/plug/LWT')
  expect(subscribe.every((topic) => topic.startsWith('cmnd/plug/'))).toBe(true)
})
