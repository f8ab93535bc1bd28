import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { repository } from '../tests/support/program.ts'
import { surveyOf, surveyProfiles } from './profile-survey.ts'

vi.setConfig({ testTimeout: 60_000 })

const folder = join(repository, 'device-profiles')

test('every usable profile is told, and reading them holds nobody up', async () => {
  let longest = 0
  let before = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - before)
    before = performance.now()
  }, 5)
  const survey = await surveyProfiles(folder, AbortSignal.timeout(60_000))
  clearInterval(timer)
  const startedAt = performance.now()
  const here = loadProfiles(folder)
  expect(longest).toBeLessThan((performance.now() - startedAt) / 2)
  expect(survey).toEqual(JSON.parse(JSON.stringify(surveyOf(here.profiles.values()))))
  expect(survey.profiles.length).toBe(here.profiles.size)
  expect(survey.discoverable.map(({ id }) => id)).toContain('zigbee2mqtt.plug')
  expect(survey.cameras.map(({ id }) => id)).toContain('onvif.camera')
})

test('a person who left, or a folder that cannot be read, is an error with words', async () => {
  await expect(surveyProfiles(folder, AbortSignal.abort())).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' })
  const nothing = await surveyProfiles(join(repository, 'no-such-folder'), AbortSignal.timeout(60_000))
  expect(nothing).toEqual({ profiles: [], discoverable: [], cameras: [] })
})
