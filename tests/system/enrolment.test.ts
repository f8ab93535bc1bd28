import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { describe, expect, test, vi } from 'vitest'
import type { AuditList } from '#contract/api/audit.ts'
import type { Enrolment, EnrolmentToken } from '#contract/api/enrolment.ts'
import { upTopic } from '#contract/topics.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { uniform } from '#simulators/random.ts'
import { Program, run } from '../support/program.ts'
import { describeWith, findProgram } from '../support/servers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { TestCloud } from '../support/test-cloud.ts'
import { TestGateway, type TestGatewayOptions, writeGatewayConfig } from '../support/test-gateway.ts'
import { waitFor } from '../support/wait-for.ts'

// Several processes start one after the other, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

const id = 'school-a'
const host = '127.0.0.1'
const login = { username: 'devices', password: 'a password of devices' }
const startOfDay = Math.floor(Date.now() / 86_400_000) * 86_400_000
const wait = (attempt: () => Promise<void>) => waitFor(attempt, { timeoutMs: 40_000 })

/** A cloud that knows no gateway, and machines on which one may be installed. */
async function start(enrolment: Readonly<Record<string, unknown>> = {}) {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
  const cloud = parts.use(
    await TestCloud.start({
      folder: join(folder.path, 'cloud'),
      ...{ host, httpPort, mqttPort, enrolment },
      gateways: [],
    }),
  )
  const running = parts.move()
  async function machine(name: string, more: Partial<TestGatewayOptions['cloud']> = {}) {
    return {
      ...{ id, host, folder: join(folder.path, name) },
      brokerPort: await freePort(host),
      healthPort: await freePort(host),
      cloud: { port: mqttPort, reconnectMax: '1s', ...more },
      devices: [{ id: 'lux-1', profile: 'zigbee2mqtt.illuminance', params: { name: 'lux-1' } }],
      credentials: [{ ...login, publish: ['zigbee2mqtt/#'], subscribe: ['points/#'] }],
    } satisfies TestGatewayOptions
  }
  const post = <T>(path: string, body?: object) =>
    cloud.api.call<T>(`/api/v1/gateways${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    ...{ cloud, machine, post },
    add: (gateway = id) => post<EnrolmentToken>('', { id: gateway }),
    newToken: () => post<EnrolmentToken>(`/${id}/enrolment-token`),
    enrolment: () => cloud.api.call<Enrolment>(`/api/v1/gateways/${id}/enrolment`),
    start: async (options: TestGatewayOptions) => running.use(await TestGateway.start(options)),
    stored: async () => {
      const range = { from: startOfDay, to: startOfDay + 86_400_000 }
      const samples = await cloud.api.samples(`${id}/lux-1/illuminance`, range)
      return samples.flatMap(([, value, quality]) => (quality === 'good' ? [value] : []))
    },
    alarms: async () => (await cloud.api.alarms()).filter(({ rule }) => rule === 'cloud.enrolment'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

type Site = Awaited<ReturnType<typeof start>>

const enrolArguments = (file: string, code: string) => ['gateway/main.ts', '--config', file, '--enrol', code]

async function enrolByHand(options: TestGatewayOptions, code: string) {
  const file = await writeGatewayConfig(options)
  return run({ name: 'enrol', args: enrolArguments(file, code) })
}

/** The sensor of this machine says each of the values, at times of its own. */
async function measures({ brokerUrl }: TestGateway, values: readonly number[]): Promise<void> {
  await using parts = new AsyncDisposableStack()
  const client = await mqtt.connectAsync(brokerUrl, login)
  parts.defer(() => client.endAsync(true).then(() => {}))
  for (const value of values) {
    const message = JSON.stringify({ illuminance: value, last_seen: startOfDay + value * 1000 })
    await client.publishAsync('zigbee2mqtt/lux-1', message, { qos: 1 })
  }
}

type IdentityFile = { readonly key: string; readonly certificate: string; readonly ca: string }

async function identityOf(folder: string): Promise<IdentityFile> {
  return JSON.parse(await readFile(join(folder, 'data/identity/identity.json'), 'utf8')) as IdentityFile
}

const healthOf = async (gateway: TestGateway) => JSON.stringify(await gateway.health())
const connectionsOf = ({ program }: TestGateway) => program.output.split('connected to the cloud').length - 1

test('a gateway is added, enrolled by one line, connects by its certificate, and its values arrive', async () => {
  await using site = await start()
  const { code, enrolmentToken } = await site.add()
  const machine = await site.machine('one')
  const enrolled = await enrolByHand(machine, code)
  expect(enrolled.output).toMatch(/school-a is enrolled: certificate [0-9A-F]+, valid until 20/)
  expect(enrolled.code).toBe(0)
  const file = join(machine.folder, 'data/identity/identity.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).not.toContain(enrolmentToken)

  const gateway = await site.start(machine)
  await gateway.program.sees(/connected to the cloud/)
  await measures(gateway, [300, 310])
  await wait(async () => expect(await site.stored()).toEqual([300, 310]))
  expect(await site.enrolment()).toMatchObject({
    state: 'enrolled',
    certificate: { usedAt: expect.any(String) },
  })
  expect(await healthOf(gateway)).toMatch(/"certificate":\{"serial":"[0-9A-F]+","validUntil":"20/)

  // What signs certificates goes into the backup with the rest.
  const backup = join(machine.folder, 'backup')
  const args = ['cloud/main.ts', '--config', join(machine.folder, '../cloud/cloud.yaml'), '--backup', backup]
  expect((await run({ name: 'backup', args })).code).toBe(0)
  expect((await stat(join(backup, 'data/tls/gateway-ca-key.pem'))).mode & 0o777).toBe(0o600)

  // The line again, by whoever finds it in the history of the shell: nothing new.
  expect((await enrolByHand(machine, code)).code).toBe(0)
  expect(await site.alarms()).toEqual([])
})

test('a token may be in the configuration: the gateway waits for its cloud, enrols itself and stays enrolled', async () => {
  await using site = await start()
  const { enrolmentToken: token, caFingerprint } = await site.add()
  const machine = await site.machine('one', { enrolment: { token, caFingerprint } })
  await site.cloud.kill9()
  const gateway = await site.start(machine)
  await gateway.program.sees(/not enrolled: .*nothing listens there/)
  expect(await healthOf(gateway)).toMatch(/not enrolled/)
  await site.cloud.restart()
  await gateway.program.sees(/connected to the cloud/, 60_000)
  await gateway.kill9()
  await gateway.restart()
  await gateway.program.sees(/connected to the cloud/)
  expect(gateway.program.output).not.toMatch(/gateway enrolled/)
})

test('a gateway that is killed at any moment of its enrolment ends with one certificate, and nobody is alarmed', async () => {
  await using site = await start()
  const { code } = await site.add()
  const machine = await site.machine('one')
  const file = await writeGatewayConfig(machine)
  const startedAt = performance.now()
  // Measured without a kill, against a cloud that refuses: how long it takes here from start to end.
  await run({
    name: 'enrol',
    args: enrolArguments(file, code.replace(/\/[\w-]{43}\//, `/${'x'.repeat(43)}/`)),
  })
  const wholeMs = performance.now() - startedAt
  const seed = Math.floor(startedAt)
  for (let round = 0; round < 8; round++) {
    await using program = new Program({ name: 'enrol', args: enrolArguments(file, code) })
    const delayMs = wholeMs * (0.5 + 0.6 * uniform(seed, round))
    await Promise.race([program.exited, new Promise((resolve) => setTimeout(resolve, delayMs))])
    await program.kill9()
  }
  expect((await enrolByHand(machine, code)).output).toMatch(/is enrolled/)
  const { certificate } = await site.enrolment()
  expect(certificate?.renewed).toBe(false)
  expect(await site.alarms()).toEqual([])
  const gateway = await site.start(machine)
  await gateway.program.sees(/connected to the cloud/)
})

test('a token that was stolen is refused to the second, raises an alarm and is in the audit log', async () => {
  await using site = await start()
  const { code } = await site.add()
  const [thief, owner] = [await site.machine('thief'), await site.machine('owner')]
  expect((await enrolByHand(thief, code)).code).toBe(0)
  const refused = await enrolByHand(owner, code)
  expect(refused.code).toBe(2)
  expect(refused.output).toMatch(/not enrolled: .*the enrolment token was used before, with another key/)
  await wait(async () => {
    const alarm = { state: 'raised', priority: 1, point: id, rule: 'cloud.enrolment' }
    expect(await site.alarms()).toMatchObject([alarm])
  })
  const rows = await site.cloud.api.call<AuditList>('/api/v1/audit?limit=50')
  const stolen = rows.items.filter(({ action }) => action === 'gateway.token-stolen')
  expect(stolen).toMatchObject([{ target: id, address: host }])

  const next = await site.newToken()
  await wait(async () => expect(await site.alarms()).toMatchObject([{ state: 'cleared' }]))
  expect((await enrolByHand(owner, next.code)).code).toBe(0)
  const [theft, gateway] = [await site.start(thief), await site.start(owner)]
  await gateway.program.sees(/connected to the cloud/)
  // From the first sign-in with the new certificate on, that of the thief is worth nothing.
  await theft.program.sees(/does not accept the certificate of this gateway/, 60_000)
})

test('a certificate is renewed in time and the outbox does not notice', async () => {
  await using site = await start({ certificateLifetime: '40s' })
  const { code } = await site.add()
  const machine = await site.machine('one')
  await enrolByHand(machine, code)
  const first = await identityOf(machine.folder)
  const gateway = await site.start(machine)
  await gateway.program.sees(/connected to the cloud/)
  const values: number[] = []
  for (let value = 300; connectionsOf(gateway) < 2; value += 10) {
    if (value > 3_000) throw new Error(`not renewed:\n${gateway.program.output.slice(-3_000)}`)
    values.push(value)
    await measures(gateway, [value])
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  await gateway.program.sees(/certificate of this gateway renewed/)
  const second = await identityOf(machine.folder)
  expect(second.certificate).not.toBe(first.certificate)
  expect(second.key).not.toBe(first.key)
  await wait(async () => expect(await site.stored()).toEqual(values))
  expect(await site.enrolment()).toMatchObject({ state: 'enrolled', certificate: { renewed: true } })

  // The old one was put aside by the new one.
  const options = { cert: first.certificate, key: first.key, ca: first.ca, username: id, reconnectPeriod: 0 }
  const url = `mqtts://${host}:${site.cloud.mqttPort}`
  await expect(mqtt.connectAsync(url, { ...options, protocolVersion: 4 })).rejects.toMatchObject({ code: 5 })
})

test('a gateway that was away until its certificate expired says so and what to do, and comes back with a new token', async () => {
  await using site = await start({ certificateLifetime: '5s' })
  const { code } = await site.add()
  const machine = await site.machine('one')
  await enrolByHand(machine, code)
  await new Promise((resolve) => setTimeout(resolve, 6_000))
  const gateway = await site.start(machine)
  await gateway.program.sees(/the certificate of this gateway expired on 20.*make a new enrolment token/)
  expect(await healthOf(gateway)).toMatch(/expired on 20/)
  expect(await site.enrolment()).toMatchObject({ state: 'expired' })
  await gateway.program.stop()
  expect((await enrolByHand(machine, (await site.newToken()).code)).code).toBe(0)
})

test('a revoked gateway is cut off, says why, keeps measuring, and a new token brings it and its values back', async () => {
  await using site = await start()
  const machine = await site.machine('one')
  await enrolByHand(machine, (await site.add()).code)
  const gateway = await site.start(machine)
  await gateway.program.sees(/connected to the cloud/)
  await measures(gateway, [300])
  await wait(async () => expect(await site.stored()).toEqual([300]))

  expect(await site.post<Enrolment>(`/${id}/revoke`)).toMatchObject({ state: 'revoked' })
  await gateway.program.sees(/does not accept the certificate of this gateway .*it was revoked/)
  await wait(async () => expect(await healthOf(gateway)).toMatch(/uplink: not connected.*revoked/))
  await measures(gateway, [310])
  expect((await site.cloud.api.gateways()).map(({ connected }) => connected)).toEqual([false])
  expect(await site.stored()).toEqual([300])

  await gateway.program.stop()
  expect((await enrolByHand(machine, (await site.newToken()).code)).code).toBe(0)
  await gateway.restart()
  await wait(async () => expect(await site.stored()).toEqual([300, 310]))
})

describe('what is wrong with an enrolment is said at the gateway', () => {
  test.each([
    ['half a line', (code: string) => code.slice(0, -10), /--enrol: expected mqtts:/],
    [
      'another fingerprint',
      (code: string) => code.replace(/.{64}$/, 'ab'.repeat(32)),
      /somebody stands in between/,
    ],
    [
      'another token',
      (code: string) => code.replace(/\/[\w-]{43}\//, `/${'x'.repeat(43)}/`),
      /there is no such enrolment token/,
    ],
    ['another port', (code: string) => code.replace(/:\d+\//, ':9/'), /nothing listens there/],
  ])('%s', async (_what, spoil, message) => {
    await using site = await start()
    const refused = await enrolByHand(await site.machine('one'), spoil((await site.add()).code))
    expect(refused.output).toMatch(message)
    expect(refused.code).not.toBe(0)
  })

  test('another id, or a token file that stands in the way', async () => {
    await using site = await start()
    const { code } = await site.add()
    const machine = await site.machine('one')
    const other = await enrolByHand({ ...machine, id: 'school-b' }, code)
    expect(other.output).toMatch(/is for school-b, but this is for school-a: check gateway\.id/)
    const withToken = await enrolByHand(await site.machine('two', { token: 'a token of a file' }), code)
    expect(withToken.output).toMatch(/cloud: expected only the address/)
    expect(withToken.code).toBe(2)
    expect((await enrolByHand(machine, code)).code).toBe(0)
  })
})

describeWith(['mosquitto_pub'], 'foreign MQTT clients with the certificate of a gateway', () => {
  async function publish(site: Site, identity: IdentityFile, { as, topic }: { as: string; topic: string }) {
    await using folder = await tempFolder()
    const files = { key: folder.file('key.pem'), cert: folder.file('cert.pem'), ca: folder.file('ca.pem') }
    await writeFile(files.key, identity.key)
    await writeFile(files.cert, identity.certificate)
    await writeFile(files.ca, identity.ca)
    const child = spawn(
      findProgram('mosquitto_pub') ?? 'mosquitto_pub',
      [
        ...['-h', host, '-p', `${site.cloud.mqttPort}`, '-q', '1', '-V', 'mqttv311', '-u', as],
        ...['--cafile', files.ca, '--cert', files.cert, '--key', files.key],
        ...['-t', topic, '-m', 'x'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    const [status] = (await once(child, 'close')) as [number | null]
    clearTimeout(timer)
    return { status, errors }
  }

  test('it carries its own topics and nothing else, under its own name and no other', async () => {
    await using site = await start()
    const machine = await site.machine('one')
    await enrolByHand(machine, (await site.add()).code)
    await site.add('school-b')
    const identity = await identityOf(machine.folder)
    const mine = { as: id, topic: upTopic(id, 'reply') }
    expect(await publish(site, identity, mine)).toEqual({ status: 0, errors: '' })
    expect((await publish(site, identity, { as: id, topic: upTopic('school-b', 'reply') })).status).not.toBe(
      0,
    )
    expect((await publish(site, identity, { as: id, topic: 'anything' })).status).not.toBe(0)
    expect(
      (await publish(site, identity, { as: 'school-b', topic: upTopic('school-b', 'reply') })).errors,
    ).toMatch(/not authori[sz]ed|bad user name/i)
    // Its own certificate authority can't be had, so the one of the cloud is the nearest to a forged certificate.
    const forged = await site.cloud.impersonation()
    const fake = { key: forged.certificate.key, certificate: forged.certificate.cert, ca: forged.ca }
    expect((await publish(site, fake, mine)).errors).toMatch(/not authori[sz]ed/i)
  })
})
