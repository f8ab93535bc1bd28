import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import type { DeliveryList, MyNotifications } from '#contract/api/notifications.ts'
import type { WebhookBody } from '#contract/webhook.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { startReceiver } from '../support/http-receiver.ts'
import { startMailServer } from '../support/mail-receiver.ts'
import { lux, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const secret = 'a secret of the duty system'

/** A classroom that can get too bright: no simulated day does it by itself, an administrator with an address, and a webhook. */
async function start(smtpPort: number, hook: string) {
  const campus = await startCampus({
    devices: [lux('lux-1', { interval: '1s' })],
    rules: [
      {
        ...{ id: 'glare', point: 'lux-1/illuminance', above: 20_000, onDelay: '0s', offDelay: '0s' },
        ...{ priority: 2, title: { zh: '教室太亮', en: 'Classroom too bright' } },
      },
    ],
    notifications: {
      consoleUrl: 'https://campus.example',
      smtp: { host: '127.0.0.1', port: smtpPort, security: 'none', from: 'campus@school.example' },
      webhooks: { privateAddresses: true },
    },
  })
  const { api } = campus.cloud
  const put = (path: string, body: unknown, method = 'PUT') =>
    api.call(path, { method, body: JSON.stringify(body) })
  const { settings } = await api.call<MyNotifications>('/api/v1/me/notifications')
  const email = { enabled: true, address: 'admin@school.example', minPriority: null }
  await put('/api/v1/me/notifications', { ...settings, email })
  const channel = { node: null, title: 'Duty', enabled: true, minPriority: 4, language: 'en', mentions: [] }
  await put('/api/v1/notification-channels', { kind: 'webhook', url: hook, secret, ...channel }, 'POST')
  const log = async () => (await api.call<DeliveryList>('/api/v1/notifications/log')).items
  return { campus, log, [Symbol.asyncDispose]: () => campus[Symbol.asyncDispose]() }
}

test('an alarm of a gateway becomes a mail and a signed webhook, through a cloud that is killed meanwhile', async () => {
  await using hook = await startReceiver()
  const smtpPort = await freePort('127.0.0.1') // nobody is there yet
  await using site = await start(smtpPort, hook.origin)
  const { campus, log } = site
  await campus.site.set('lux-1', 'illuminance', 30_000)

  await waitFor(() => expect(hook.received).toHaveLength(1))
  const [got] = hook.received
  const signed = createHmac('sha256', secret)
    .update(`${got?.headers['campus-timestamp']}.`)
    .update(got?.body ?? '')
    .digest('hex')
  expect(got?.headers['campus-signature']).toBe(`v1=${signed}`)
  const body = JSON.parse(String(got?.body)) as WebhookBody
  expect(body).toMatchObject({
    ...{ kind: 'alarm.raised', priority: 2, title: '[Priority 2 alarm] Classroom too bright' },
    ...{ params: { value: 30_000, limit: 20_000 }, url: 'https://campus.example/alarms', otherCount: 0 },
  })
  await waitFor(async () =>
    expect((await log()).filter(({ channel }) => channel === 'email')).toMatchObject([
      { state: 'queued', reason: 'unreachable' },
    ]),
  )

  await campus.cloud.kill9()
  await campus.cloud.restart()
  await using mail = await startMailServer({ port: smtpPort })
  await waitFor(() => expect(mail.mails).toHaveLength(1), { timeoutMs: 60_000 })
  expect(mail.mails[0]?.to).toEqual(['admin@school.example'])
  expect(mail.mails[0]?.text).toMatch(/^Message-ID: <[0-9a-f-]{36}@school\.example>\r$/m)
  await waitFor(async () =>
    expect((await log()).map(({ channel, state }) => [channel, state]).sort()).toEqual([
      ['email', 'sent'],
      ['webhook', 'sent'],
    ]),
  )
  // The gateway tells of the alarm again to a cloud that starts: it is the same one.
  expect(hook.received).toHaveLength(1)
  const metrics = await campus.cloud.metrics()
  expect(metrics).toContain('campus_notifications_total{channel="email",outcome="sent"} 1')
  expect(metrics).toMatch(/^campus_notifications_queue_age_seconds 0$/m)
  expect(campus.cloud.program.output).not.toContain(secret)
}, 120_000)
