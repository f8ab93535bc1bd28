import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import type { MqttProfile } from '#gateway/profiles/profile.ts'
import { chirpstack } from '#gateway/southbound/mqtt/discovery/chirpstack.ts'
import { discoverable, fitProfile } from '#gateway/southbound/mqtt/discovery/fit-profile.ts'

const { profiles } = loadProfiles(fileURLToPath(new URL('../../device-profiles/', import.meta.url)))
const candidates = discoverable(profiles.values())
const lorawan = [...profiles.values()].flatMap((profile) =>
  profile.protocol === 'mqtt' &&
  profile.mqtt.discovery?.some(({ source }) => source === 'chirpstack') === true
    ? [profile]
    : [],
)

/** Many sensors send a temperature: the fields of a first uplink still have to tell them apart. */
describe('a device that nobody has named is proposed with the right profile by what it sends', () => {
  test.each(lorawan.map((profile) => [profile.id, profile] as const))('%s', (id, profile) => {
    const { topic, payload } = uplinkOf(profile)
    const { found } = chirpstack.read(topic.split('/'), payload)
    const [device] = found
    expect(device?.model).toBeUndefined()
    expect(device && fitProfile(candidates, device)?.profile).toBe(id)
  })
})

function uplinkOf({ tests }: MqttProfile): { topic: string; payload: unknown } {
  const topic = tests[0]?.mqtt?.topic ?? ''
  return { topic, payload: tests[0]?.mqtt?.payload }
}
