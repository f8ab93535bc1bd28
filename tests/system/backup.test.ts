import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const point = 'lux-1/illuminance'
const rules = [{ id: 'lux-low', point, below: 1e6, hysteresis: 1, priority: 3, title: { en: 'Too dark' } }]

const command = (campus: Campus, ...args: string[]) =>
  run({
    name: 'cloud',
    args: ['cloud/main.ts', '--config', join(campus.folder.path, 'cloud/cloud.yaml'), ...args],
  })

/** What people see of a campus, as far as it was stored before `until`. */
async function seen({ cloud: { api }, ...campus }: Campus, until: number) {
  const devices = (await api.devices()).map(({ id, title, profile }) => ({ id, title, profile }))
  const alarms = (await api.alarms()).map(({ id, raisedAt }) => ({ id, raisedAt }))
  return { devices, alarms, samples: await api.samples(campus.pointId(point), { from: 0, to: until }) }
}

test('a cloud that lost its disk goes on from a backup that was made while it worked', async () => {
  const devices = [lux('lux-1', { interval: '50ms' }), meter('meter-1', 1)]
  await using campus = await startCampus({ devices, rules })
  await waitFor(async () => {
    const { alarms, samples } = await seen(campus, Date.now())
    expect(alarms).toHaveLength(1)
    expect(samples.length).toBeGreaterThan(20)
  })
  const until = Date.now() - 3_000
  const before = await seen(campus, until)
  const backup = join(campus.folder.path, 'backup')
  const made = await command(campus, '--backup', backup)
  expect([made.code, made.output]).toEqual([0, expect.stringMatching(/backup: \d+ files, .* MB, as of 20/)])
  const again = await command(campus, '--backup', backup)
  expect([again.code, again.output]).toEqual([2, expect.stringContaining('is there already')])

  await campus.cloud.kill9()
  const occupied = await command(campus, '--restore', backup)
  expect([occupied.code, occupied.output]).toEqual([2, expect.stringContaining('is not empty')])
  await rm(join(campus.folder.path, 'cloud/data'), { recursive: true })
  const restored = await command(campus, '--restore', backup)
  expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('as of 20')])

  // The same people, keys and gateways: nobody has to be told of it.
  await campus.cloud.restart()
  expect(await seen(campus, until)).toEqual(before)
  const from = Date.now()
  await waitFor(async () => {
    const fresh = await campus.cloud.api.samples(campus.pointId(point), { from, to: from + 60_000 })
    expect(fresh.length).toBeGreaterThan(5)
  })
})
