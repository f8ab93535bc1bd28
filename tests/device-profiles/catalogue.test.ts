import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { catalogueText } from './catalogue-text.ts'

const folder = fileURLToPath(new URL('../../device-profiles/', import.meta.url))
const { profiles, problems } = loadProfiles(folder)
const all = [...profiles.values()]

test('every profile loads, and no two have one id', () => {
  expect(problems).toEqual([])
})

// After a change: npx vitest run tests/device-profiles/catalogue.test.ts -u
test('CATALOGUE.md has every profile and no other', async () => {
  await expect(catalogueText(all)).toMatchFileSnapshot(`${folder}CATALOGUE.md`)
})

describe('what a campus has', () => {
  const lora = (profile: Profile) =>
    profile.protocol === 'mqtt' && Object.values(profile.mqtt.topics).some(({ filter }) => isUplink(filter))
  const of = (...categories: Profile['category'][]) =>
    all.filter(({ category, protocol }) => protocol === 'modbus' && categories.includes(category))

  test.each([
    ['devices', 40, all],
    ['electricity meters on Modbus', 12, of('meter.electric')],
    ['lights, relays and inputs on Modbus', 6, of('light', 'light.gateway', 'relay', 'io')],
    ['DALI gateways', 1, of('light.gateway')],
    ['air and water on Modbus', 6, of('sensor.env', 'meter.water')],
    ['LoRaWAN devices', 7, all.filter(lora)],
    ['one-key alarm buttons', 1, all.filter(({ category }) => category === 'button')],
    ['doors', 1, all.filter(({ category }) => category === 'access')],
  ])('%s: at least %i', (_name, least, found) => {
    expect(found.length).toBeGreaterThanOrEqual(least)
  })
})

function isUplink(filter: string): boolean {
  return filter.startsWith('application/') && filter.endsWith('/event/up')
}
