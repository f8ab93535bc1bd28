import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { repository } from '../tests/support/program.ts'
import { listProfiles } from './profile-list.ts'

vi.setConfig({ testTimeout: 60_000 })

const folder = join(repository, 'device-profiles')

test('every usable profile is listed, and reading them holds nobody up', async () => {
  let longest = 0
  let before = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - before)
    before = performance.now()
  }, 5)
  const listed = await listProfiles(folder, AbortSignal.timeout(60_000))
  clearInterval(timer)
  const startedAt = performance.now()
  const here = loadProfiles(folder)
  expect(longest).toBeLessThan((performance.now() - startedAt) / 2)
  expect(listed.map(({ id }) => id).sort()).toEqual([...here.profiles.keys()].sort())
})

test('a person who left, or a folder that cannot be read, is an error with words', async () => {
  await expect(listProfiles(folder, AbortSignal.abort())).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(await listProfiles(join(repository, 'no-such-folder'), AbortSignal.timeout(60_000))).toEqual([])
})
