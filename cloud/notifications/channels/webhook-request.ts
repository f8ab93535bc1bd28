import { createHmac } from 'node:crypto'
import type { WebhookBody } from '#contract/webhook.ts'
import type { Message } from '../message.ts'
import type { Notice } from '../notice.ts'
import { type Reader, wordsOf } from '../words.ts'

export const signatureHeader = 'campus-signature'
export const timestampHeader = 'campus-timestamp'
/** How old a signature may be for who checks it: docs/notifications.md. */
export const replayWindowS = 300

const maxOthers = 50

/** Pure. */
export function webhookBody(message: Message, timeZone: string): WebhookBody {
  const reader = { language: message.language, timeZone }
  const [notice, ...others] = message.notices
  const origin = message.url === undefined ? undefined : new URL(message.url).origin
  return {
    version: 1,
    id: message.id,
    ...toldOf(notice, reader, origin),
    otherCount: others.length,
    others: others.slice(0, maxOthers).map((other) => toldOf(other, reader, origin)),
  }
}

function toldOf(notice: Notice, reader: Reader, origin: string | undefined): WebhookBody['others'][number] {
  const { kind, code, params, priority, node, at, link } = notice
  return {
    kind,
    code,
    params,
    priority,
    ...(node === undefined ? {} : { node }),
    at: new Date(at).toISOString(),
    ...wordsOf(notice, reader),
    ...(origin === undefined || link === undefined ? {} : { url: new URL(link, origin).href }),
  } as WebhookBody['others'][number]
}

/** `v1=<hex>` of HMAC-SHA256 over `<timestamp>.<body>`. Pure. */
export function webhookSignature(secret: string, timestampS: number, body: string): string {
  return `v1=${createHmac('sha256', secret).update(`${timestampS}.${body}`).digest('hex')}`
}

/** Pure. */
export function webhookHeaders(
  secret: string,
  now: number,
  message: Message,
  body: string,
): Record<string, string> {
  const timestampS = Math.floor(now / 1000)
  return {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'campus-notifications/1',
    'idempotency-key': message.id,
    [timestampHeader]: `${timestampS}`,
    [signatureHeader]: webhookSignature(secret, timestampS, body),
  }
}
