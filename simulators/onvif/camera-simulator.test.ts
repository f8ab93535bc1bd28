import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { CameraSimulator } from './camera-simulator.ts'
import { child, parseXml, textAt, type XmlNode } from './xml.ts'

const password = 'camera-password'

/** A request as the standard writes it, by hand: nothing of the gateway is in this test. */
async function ask(camera: CameraSimulator, body: string, options: Login & { path?: string } = {}) {
  const response = await fetch(`http://127.0.0.1:${camera.port}${options.path ?? '/onvif/device_service'}`, {
    method: 'POST',
    body: `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header>${token(options)}</s:Header><s:Body>${body}</s:Body></s:Envelope>`,
  })
  const xml = parseXml(await response.text())
  return { status: response.status, body: child(xml, 'Body')?.children[0], headers: response.headers }
}

type Login = { password?: string; created?: Date; nonce?: Buffer; anonymous?: boolean }

function token({ anonymous, created = new Date(), nonce = randomBytes(16), ...login }: Login): string {
  if (anonymous === true) return ''
  const time = created.toISOString()
  const sum = createHash('sha1')
    .update(nonce)
    .update(time + (login.password ?? password))
    .digest('base64')
  return (
    '<wsse:Security xmlns:wsse="x"><wsse:UsernameToken><wsse:Username>admin</wsse:Username>' +
    `<wsse:Password>${sum}</wsse:Password><wsse:Nonce>${nonce.toString('base64')}</wsse:Nonce>` +
    `<u:Created xmlns:u="y">${time}</u:Created></wsse:UsernameToken></wsse:Security>`
  )
}

const information = '<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>'

test('tells the time to anybody and everything else to who has the password', async () => {
  await using camera = await CameraSimulator.start({ auth: 'wsse' })
  const time = await ask(camera, '<GetSystemDateAndTime/>', { anonymous: true })
  expect(time.body?.name).toBe('GetSystemDateAndTimeResponse')
  expect(await ask(camera, information, { anonymous: true })).toMatchObject({ status: 400 })
  expect(await ask(camera, information, { password: 'wrong' })).toMatchObject({ status: 400 })
  expect(textAt((await ask(camera, information)).body, 'Model')).toBe('Dome 1')
})

test('refuses a token that was used, and one from another time than its own', async () => {
  await using camera = await CameraSimulator.start({ auth: 'wsse' })
  const nonce = randomBytes(16)
  expect(await ask(camera, information, { nonce })).toMatchObject({ status: 200 })
  expect(await ask(camera, information, { nonce })).toMatchObject({ status: 400 })
  camera.faults.clockOffsetMs = 40_000
  expect(await ask(camera, information)).toMatchObject({ status: 400 })
  expect(await ask(camera, information, { created: new Date(Date.now() + 40_000) })).toMatchObject({
    status: 200,
  })
})

test('locks the account after five failures, also for the right password', async () => {
  await using camera = await CameraSimulator.start({ lockMs: 60_000 })
  for (let i = 0; i < 5; i++) await ask(camera, information, { password: 'wrong' })
  expect(await ask(camera, information)).toMatchObject({ status: 401 })
  camera.logins.unlock()
  expect(await ask(camera, information)).toMatchObject({ status: 200 })
})

test('a picture is behind HTTP digest', async () => {
  await using camera = await CameraSimulator.start()
  const response = await fetch(`http://127.0.0.1:${camera.port}/snapshot.jpg`)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toMatch(/^Digest realm="IP Camera", qop="auth", nonce="/)
})

const create =
  '<CreatePullPointSubscription><InitialTerminationTime>PT60S</InitialTerminationTime></CreatePullPointSubscription>'
const pull = '<PullMessages><Timeout>PT5S</Timeout><MessageLimit>10</MessageLimit></PullMessages>'

async function subscribe(camera: CameraSimulator): Promise<string> {
  const { body } = await ask(camera, create, { path: '/onvif/events' })
  return new URL(textAt(body, 'SubscriptionReference', 'Address') ?? '').pathname
}

function messagesOf(body: XmlNode | undefined) {
  return (body?.children ?? [])
    .filter(({ name }) => name === 'NotificationMessage')
    .map((node) => {
      const message = child(node, 'Message', 'Message')
      const item = child(message, 'Data', 'SimpleItem')?.attributes
      return [textAt(node, 'Topic'), message?.attributes.PropertyOperation, item?.Name, item?.Value]
    })
}

const motion = {
  topic: 'tns1:VideoSource/MotionAlarm',
  operation: 'Changed',
  source: { Source: 'VideoSource_1' },
  data: { State: 'true' },
} as const

test('a pull waits for an event, and a new subscriber hears the present state first', async () => {
  await using camera = await CameraSimulator.start()
  const path = await subscribe(camera)
  const waiting = ask(camera, pull, { path })
  await new Promise((resolve) => setTimeout(resolve, 50))
  camera.emit(motion)
  expect(messagesOf((await waiting).body)).toEqual([[motion.topic, 'Changed', 'State', 'true']])

  const other = await subscribe(camera)
  expect(messagesOf((await ask(camera, pull, { path: other })).body)).toEqual([
    [motion.topic, 'Initialized', 'State', 'true'],
  ])
})

test('a subscription that was dropped is a fault, and one too many is refused', async () => {
  await using camera = await CameraSimulator.start({
    traits: { subscriptions: { max: 1, excess: 'refuse' } },
  })
  const path = await subscribe(camera)
  const second = await ask(camera, create, { path: '/onvif/events' })
  expect(second).toMatchObject({ status: 500, body: { name: 'Fault' } })
  camera.subscriptions.drop()
  expect(await ask(camera, pull, { path })).toMatchObject({ status: 400, body: { name: 'Fault' } })
})
