import type { Message } from '../message.ts'
import { maxPushBytes } from './push-encrypt.ts'

/** What the service worker of the console shows (cloud/console/public/push-worker.js). */
export type PushBody = {
  readonly title: string
  readonly body: string
  readonly path: string
  /** A second attempt replaces what the first one showed. */
  readonly tag: string
  readonly lang: string
  /** Stays on the screen until somebody looks at it. */
  readonly stays: boolean
}

/** Pure. */
export function pushBody(message: Message): PushBody {
  const { title, lines, more, path, id, priority, language } = message
  const rest = { title, path, tag: id, lang: language, stays: priority === 1 }
  let body = [...lines, ...more].join('\n')
  while (body !== '' && Buffer.byteLength(JSON.stringify({ ...rest, body })) > maxPushBytes)
    body = body.slice(0, Math.floor(body.length * 0.9)).toWellFormed()
  return { ...rest, body }
}

/** A phone that sleeps is woken for what is urgent (RFC 8030 §5.3); what nobody fetched within its time is dropped. Pure. */
export function pushHeaders({ priority }: Pick<Message, 'priority'>): Record<string, string> {
  const urgency = priority <= 2 ? 'high' : priority === 3 ? 'normal' : 'low'
  const ttlS = priority <= 2 ? 86_400 : 14_400
  return {
    'content-type': 'application/octet-stream',
    'content-encoding': 'aes128gcm',
    ttl: `${ttlS}`,
    urgency,
  }
}
