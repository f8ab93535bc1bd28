import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConfigContent } from '#contract/configuration.ts'
import { ConfigClient } from '../support/config-client.ts'
import { judge, readJournal, readStored, unaccounted } from '../support/judge.ts'
import { repository } from '../support/program.ts'
import { type ProxiedCampus, startProxiedCampus } from '../support/proxied-campus.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'
import { type Campus, lux, meter } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const sensors = [1, 2, 3].map((n) =>
  lux(`lux-${n}`, {
    interval: '100ms',
    signals: { illuminance: { gen: 'count', start: n, step: 3, wrap: 100_000 } },
  }),
)
const settleMs = 1_000
const backAfterMs = 6_000

let proxied: ProxiedCampus
let campus: Campus
let configs: ConfigClient
let extra: TempFolder
let breakFile: string

beforeAll(async () => {
  extra = await tempFolder()
  breakFile = extra.file('how')
  await writeFile(breakFile, '')
  const hook = pathToFileURL(join(repository, 'tests/support/break-module.mjs')).href
  proxied = await startProxiedCampus({
    devices: [...sensors, meter('meter-1', 1)],
    configuration: { settle: `${settleMs}ms`, backAfter: `${backAfterMs}ms` },
    reconnectMax: '1s',
    gatewayEnv: { NODE_OPTIONS: `--import ${hook}`, CAMPUS_BREAK_FILE: breakFile },
  })
  campus = proxied.campus
  configs = new ConfigClient(campus.cloud.api, campus.gatewayId)
  await waitFor(async () => expect((await configs.view()).own).toBeDefined())
})

afterAll(async () => {
  await proxied?.[Symbol.asyncDispose]()
  await extra?.[Symbol.asyncDispose]()
})

/** What the gateway runs by itself, as the first content of the cloud. */
async function ownSections(): Promise<ConfigContent> {
  const { own = {} } = await configs.view()
  const { buses, devices } = own
  return { buses, devices }
}

const rule = (below: number) => ({
  ...{ id: 'dark', point: 'lux-1/illuminance', below, priority: 3 },
  title: { zh: '过暗', en: 'Too dark' },
})
const camera = { id: 'cam-1', profile: 'onvif.camera', host: '127.0.0.1', port: 9 }

/** Every value that the sensors wrote between the first and `until` is there once. */
async function nothingLost(until = Date.now() - 3_000): Promise<void> {
  const points = sensors.map(({ id }) => `${id}/illuminance`)
  const written = (await readJournal(campus.site.journal)).filter(
    ({ point, t }) => points.includes(point) && t < until,
  )
  expect(written.length).toBeGreaterThan(50)
  await waitFor(
    async () => {
      const stored = await readStored(campus.cloud.api, campus.gatewayId, written)
      const { missing, doubled, changed } = judge({ written, stored })
      expect({ missing, doubled, changed }).toEqual({ missing: [], doubled: [], changed: [] })
    },
    { timeoutMs: 30_000, everyMs: 500 },
  )
  await waitFor(async () => {
    const { streams } = await campus.cloud.api.ledger(campus.gatewayId)
    for (const stream of streams) expect(unaccounted(stream)).toEqual({ missing: [], twice: [] })
  })
}

const epochs = async () =>
  (await campus.cloud.api.ledger(campus.gatewayId)).streams
    .filter(({ stream }) => stream === 'telemetry')
    .map(({ epoch }) => epoch)

test('a good change runs, is proved and told; the outbox goes on in the same epoch and nothing is lost', async () => {
  const before = await epochs()
  expect(await configs.view()).toMatchObject({ state: 'none', version: 0 })
  const put = await configs.put(
    { ...(await ownSections()), rules: [rule(1)], outbox: { commitEvery: '500ms' } },
    { comment: '第一版' },
  )
  expect(put).toMatchObject({ version: 1, desired: { by: { username: 'admin' }, comment: '第一版' } })
  expect(put.changes.map(({ path, op }) => `${op} ${path}`)).toEqual(['added rules[dark]', 'added outbox'])
  const running = await configs.is('running')
  expect(running.reported).toMatchObject({ version: 1, running: 1, problems: [] })
  expect(running.changes).toEqual([])
  // A part of a second in which no device is read.
  expect(running.reported?.pauseMs).toBeLessThan(2_000)
  process.stdout.write(`polling paused for ${running.reported?.pauseMs} ms\n`)
  expect(await epochs()).toEqual(before)
  await new Promise((resolve) => setTimeout(resolve, 3_500))
  await nothingLost()
})

test('the same again changes nothing; one made from an older version is refused', async () => {
  const { content } = await configs.view()
  expect(await configs.put(content)).toMatchObject({ version: 1, state: 'running' })
  const late = await configs.refusal(configs.put(content, { baseVersion: 0 }))
  expect(late).toMatchObject({ status: 409, code: 'CONFLICT', details: { version: 1 } })
})

test('every problem is told before anything is sent, with its place', async () => {
  const { content } = await configs.view()
  const wrong = {
    ...content,
    devices: [
      ...(content.devices as object[]),
      { id: 'meter-2', profile: 'eastron.sdm630', bus: 'roof', unit: 400 },
    ],
    rules: [{ ...rule(1), point: 'lux-9/illuminance' }],
    health: { port: 1 },
    cloud: { url: 'mqtts://elsewhere:8883' },
  }
  const { status, code, details } = await configs.refusal(configs.put(wrong))
  expect([status, code]).toEqual([422, 'CONFIG_INVALID'])
  expect(details.map(({ path }) => path)).toEqual(['health', 'cloud.url', 'devices[4].unit'])
  const unfit = {
    ...content,
    rules: wrong.rules,
    devices: wrong.devices.with(4, { ...camera, password: 'x' }),
  }
  const second = await configs.refusal(configs.put(unfit))
  expect(second.details.map(({ path }) => path)).toContain('devices[4].password')
  expect(JSON.stringify(second)).not.toContain('"x"')
  expect((await configs.view()).version).toBe(1)
})

test('what only the gateway can find is refused there, and it runs on as before', async () => {
  const { content } = await configs.view()
  const devices = [...(content.devices as object[]), { ...camera, username: 'admin', secret: 'not-there' }]
  await configs.put({ ...content, devices })
  const refused = await configs.is('refused')
  expect(refused.reported).toMatchObject({ version: 2, running: 1 })
  expect(refused.reported?.problems).toMatchObject([{ path: 'devices[4].secret' }])
  expect(refused.reported?.problems[0]?.message).toMatch(/cannot read .*secrets\/not-there/)
})

test('a change that does not start is taken back at once', async () => {
  await writeFile(breakFile, 'throw')
  const { content } = await configs.view()
  const devices = [...(content.devices as object[]).slice(0, 4), camera]
  await configs.put({ ...content, devices })
  const back = await configs.is('rolled-back')
  expect(back.reported).toMatchObject({
    running: 1,
    reason: expect.stringContaining('the camera protocol is broken on this machine'),
  })
  expect(await epochs()).toHaveLength(1)
})

test('a change that makes the process end is taken back after the third time, over restarts', async () => {
  await writeFile(breakFile, 'crash')
  const { content } = await configs.view()
  await configs.put({ ...content, log: undefined })
  let starts = 0
  await waitFor(
    async () => {
      if (!campus.gateway.program.isRunning) {
        starts++
        campus.gateway.begin()
      }
      expect((await configs.view()).state).toBe('rolled-back')
    },
    { timeoutMs: 60_000, everyMs: 100 },
  )
  expect(starts).toBe(4)
  expect((await configs.view()).reported).toMatchObject({
    running: 1,
    reason: expect.stringMatching(/ended 3 times/),
  })
  await writeFile(breakFile, '')
  await campus.gateway.ready()
})

test('a change that cuts it off from the cloud is taken back by itself', async () => {
  const { version } = await configs.view()
  const { content } = await campus.cloud.api.call<{ content: ConfigContent }>(
    `/api/v1/gateways/${campus.gatewayId}/config/versions/1`,
  )
  await configs.put({ ...content, cloud: { connectTimeout: '1ms' } })
  await waitFor(async () => {
    const [gateway] = await campus.cloud.api.gateways()
    expect(gateway?.connected).toBe(false)
  })
  const back = await configs.is('rolled-back', 60_000)
  expect(back.reported).toMatchObject({
    version: version + 1,
    running: 1,
    reason: expect.stringMatching(/no word from the cloud for 6000ms/),
  })
})

test('so is one after which the line is cut', async () => {
  const { content } = await campus.cloud.api.call<{ content: ConfigContent }>(
    `/api/v1/gateways/${campus.gatewayId}/config/versions/1`,
  )
  await configs.put({ ...content, rules: [rule(2)] })
  await waitFor(async () => expect((await configs.view()).state).toBe('applying'))
  proxied.link.cut()
  await new Promise((resolve) => setTimeout(resolve, backAfterMs + 2_000))
  proxied.link.heal()
  expect((await configs.is('rolled-back')).reported).toMatchObject({ running: 1 })
})

test('kill -9 while it changes over: it comes up with the old or the new one, and ends on the new', async () => {
  const { content } = await configs.view()
  for (const afterMs of [0, 15, 40, 80, 150, 400, 900]) {
    await configs.put({ ...content, rules: [rule(10 + afterMs)] })
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await campus.gateway.kill9()
    await campus.gateway.restart()
    const { reported, version } = await configs.is('running')
    expect(reported).toMatchObject({ version, running: version })
  }
})

test('without the network it starts with the last good one', async () => {
  const { version } = await configs.view()
  proxied.link.cut()
  await campus.gateway.kill9()
  await campus.gateway.restart()
  expect(await campus.gateway.health()).toMatchObject({ configuration: { version, trouble: [] } })
  proxied.link.heal()
  await configs.is('running')
})

test('an older version is made the newest again', async () => {
  const view = await configs.rollback(1)
  expect(view).toMatchObject({ desired: { rollbackOf: 1 }, content: { rules: [rule(1)] } })
  await configs.is('running')
})

test('garbage on the disk costs what is garbage, is told, and never keeps the gateway from starting', async () => {
  const data = join(campus.folder.path, 'gateway', 'data')
  const { version } = await configs.view()
  await campus.gateway.program.stop()
  await writeFile(join(data, 'devices.yaml'), '\u0000{{{ not yaml')
  await campus.gateway.restart()
  const health = (await campus.gateway.health()) as { problems: string[]; configuration: object }
  expect(health.problems.join()).toMatch(/configuration: devices.yaml could not be read and was set aside/)
  expect(health.configuration).toMatchObject({ version })
  await waitFor(async () => {
    const raised = (await campus.cloud.api.alarms()).filter(({ state }) => state === 'raised')
    expect(JSON.stringify(raised)).toContain('网关存储的配置有误')
  })

  // One bad entry beside a good one.
  await campus.gateway.program.stop()
  const good = '{ id: meter-8, profile: eastron.sdm630, bus: plant, unit: 8 }'
  const bad = '{ id: meter-9, profile: no.such, bus: plant, unit: 9 }'
  await writeFile(join(data, 'devices.yaml'), `devices:\n  - ${good}\n  - ${bad}\n`)
  await campus.gateway.restart()
  await waitFor(async () => {
    const ids = (await campus.cloud.api.devices()).map(({ id }) => id.split('/')[1])
    expect(ids).toContain('meter-8')
    expect(ids).not.toContain('meter-9')
  })

  // The state of the configuration itself, and then the content.
  for (const name of ['state.json', undefined]) {
    await campus.gateway.program.stop()
    const folder = join(data, 'configuration')
    const state = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as {
      good?: { digest: string }
    }
    await writeFile(join(folder, name ?? `${state.good?.digest}.json`), '{"garbage":')
    await campus.gateway.restart()
    // The cloud gives it again, except what the gateway gave up by itself.
    await waitFor(async () => expect((await configs.view()).reported?.at).toBeDefined())
    const { state: now } = await configs.view()
    if (now !== 'running') await configs.rollback(1)
    await configs.is('running')
  }
})

test('nothing of all that was lost, and no secret was told', async () => {
  await new Promise((resolve) => setTimeout(resolve, 3_500))
  const { streams } = await campus.cloud.api.ledger(campus.gatewayId)
  for (const stream of streams) expect(unaccounted(stream)).toEqual({ missing: [], twice: [] })
  const { own } = await configs.view()
  expect(JSON.stringify(own)).not.toContain(campus.mqttLogin.password)
  expect(campus.gateway.program.output + campus.cloud.program.output).not.toContain(campus.mqttLogin.password)
})
