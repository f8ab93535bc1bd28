import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Rollout } from '#contract/api/configuration.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { ConfigClient } from '../support/config-client.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { TestCloud } from '../support/test-cloud.ts'
import { TestGateway } from '../support/test-gateway.ts'
import { waitFor } from '../support/wait-for.ts'

const host = '127.0.0.1'
const ids = ['school-a', 'school-b', 'school-c']

async function startFleet() {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const tokens = new Map(ids.map((id) => [id, randomBytes(24).toString('base64url')]))
  const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
  const gateways = [...tokens].map(([id, token]) => ({ id, token }))
  const cloud = parts.use(
    await TestCloud.start({ folder: join(folder.path, 'cloud'), host, httpPort, mqttPort, gateways }),
  )
  for (const { id, token } of gateways) {
    const [brokerPort, healthPort] = await Promise.all([freePort(host), freePort(host)])
    const own = join(folder.path, id)
    if (id !== 'school-b') {
      await mkdir(join(own, 'data', 'secrets'), { recursive: true })
      await writeFile(join(own, 'data', 'secrets', 'cameras'), 'a password')
    }
    parts.use(
      await TestGateway.start({
        ...{ id, host, brokerPort, healthPort, folder: own, devices: [], credentials: [] },
        cloud: { port: mqttPort, caFile: cloud.caFile, token, reconnectMax: '1s' },
        configuration: { settle: '300ms', backAfter: '20s' },
      }),
    )
  }
  const clients = new Map(ids.map((id) => [id, new ConfigClient(cloud.api, id)]))
  const of = (id: string): ConfigClient => {
    const client = clients.get(id)
    if (client === undefined) throw new Error(`no gateway ${id}`)
    return client
  }
  for (const id of ids) await waitFor(async () => expect((await of(id).view()).reported).toBeDefined())
  const stack = parts.move()
  return { cloud, of, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const states = ({ gateways }: Rollout) => gateways.map(({ state }) => state)
/** Only the gateway itself can know that the secret is missing. */
const camera = { id: 'cam-1', profile: 'onvif.camera', host, port: 9, username: 'admin', secret: 'cameras' }

test('a roll-out goes stage by stage, outlives a kill of the cloud, stops at the second of three, and goes on when a person says so', async () => {
  await using fleet = await startFleet()
  const { cloud, of } = fleet
  const begun = await of('school-a').startRollout({
    change: { devices: [camera] },
    gateways: ids,
    stages: ['1', '2', '100%'],
    ...{ soakS: 3, withinS: 30, comment: '接入门口摄像机' },
  })
  expect(begun).toMatchObject({ state: 'running', total: 3, by: { username: 'admin' } })
  await of('school-a').is('running')
  expect(states(await of('school-a').rollout(begun.id)).slice(1)).toEqual(['waiting', 'waiting'])

  await cloud.kill9()
  await cloud.restart()
  const stopped = await waitFor(
    async () => {
      const found = await of('school-a').rollout(begun.id)
      expect(found.state).toBe('stopped')
      return found
    },
    { timeoutMs: 60_000, everyMs: 200 },
  )
  expect(states(stopped)).toEqual(['running', 'refused', 'waiting'])
  expect(stopped.gateways[1]?.reason).toMatch(/devices\[0\]\.secret: cannot read/)
  expect(stopped).toMatchObject({ running: 1, failed: 1, reason: 'school-b refused' })
  expect((await of('school-c').view()).version).toBe(0)

  const resumed = await of('school-a').act(begun.id, 'resume')
  expect(resumed.state).toBe('running')
  await waitFor(async () => expect((await of('school-a').rollout(begun.id)).state).toBe('done'), {
    timeoutMs: 60_000,
    everyMs: 200,
  })
  expect(states(await of('school-a').rollout(begun.id))).toEqual(['running', 'refused', 'running'])
  expect((await of('school-c').view()).history[0]).toMatchObject({
    rollout: begun.id,
    comment: '接入门口摄像机',
  })
  await expect(of('school-a').act(begun.id, 'abort')).rejects.toThrow(/409.*the roll-out is done/)
})

test('one that is aborted gives nobody anything more; a change that is wrong anywhere is not begun', async () => {
  await using fleet = await startFleet()
  const { of } = fleet
  const wrong = of('school-a').startRollout({
    change: { rules: [{ id: 'x-1', point: 'no/thing' }] },
    gateways: ids,
  })
  await expect(wrong).rejects.toThrow(/422.*school-c: rules\[0\]/s)

  const change = { outbox: { commitSamples: 400 } }
  const begun = await of('school-a').startRollout({ change, gateways: ids, stages: ['1'], soakS: 60 })
  await of('school-a').is('running')
  expect((await of('school-a').act(begun.id, 'pause')).state).toBe('paused')
  const aborted = await of('school-a').act(begun.id, 'abort')
  expect(states(aborted).slice(1)).toEqual(['waiting', 'waiting'])
  expect(aborted.finishedAt).toBeDefined()
  expect((await of('school-a').view()).content).toEqual(change)
})
