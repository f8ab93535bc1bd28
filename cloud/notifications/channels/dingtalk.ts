import { createHmac } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import type { Message } from '../message.ts'
import { outcomeOf, post } from './post.ts'
import { errcodeOf, type RobotAnswer } from './robot-answer.ts'
import { fitting, linkText, type Mentions, plainText } from './robot-text.ts'
import { failedFor, type Outcome, refused, type Sender, sent } from './sender.ts'

/** https://open.dingtalk.com/document/robots/custom-robot-access; a message may have 20,000 bytes, fewer are read. */
const maxTextBytes = 8_000

export type DingtalkBody = {
  readonly msgtype: 'markdown'
  readonly markdown: { readonly title: string; readonly text: string }
  readonly at: {
    readonly atMobiles: readonly string[]
    readonly atUserIds: readonly string[]
    readonly isAtAll: boolean
  }
}

/** Whom it calls stands in the text as well, or nobody is called. Pure. */
export function dingtalkBody(message: Message, mentions: Mentions): DingtalkBody {
  const { title, lines, more } = message
  const shown = [
    `#### ${plainText(title)}`,
    ...lines.map((line) => `> ${plainText(line)}`),
    ...more.map(plainText),
  ]
  const called = [...mentions.phones, ...mentions.users].map((one) => `@${one}`).join(' ')
  const last = [...linkText(message), ...(called === '' ? [] : [called])]
  return {
    msgtype: 'markdown',
    markdown: { title: plainText(title), text: fitting(shown, last, maxTextBytes, '\n\n') },
    at: { atMobiles: mentions.phones, atUserIds: mentions.users, isAtAll: mentions.all },
  }
}

/** `timestamp` and `sign` of the query: HMAC-SHA256 over `<timestamp>\n<secret>` with the secret, base64. Pure. */
export function dingtalkSign(secret: string, now: number): string {
  return createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64')
}

/** Above 20 messages a minute a robot is locked for ten minutes. */
const limitedMs = 10 * 60_000
const limitedCodes = new Set([130_101, 410_100])

/** Pure. */
export function dingtalkOutcome({ errcode, errmsg }: RobotAnswer): Outcome {
  if (errcode === 0) return sent
  const detail = `errcode ${errcode}: ${errmsg}`
  if (limitedCodes.has(errcode)) return failedFor('refused', detail, limitedMs)
  return errcode === -1 ? failedFor('refused', detail) : refused('refused', detail)
}

export type DingtalkTarget = {
  readonly token: string
  /** Absent where the robot is guarded by a keyword or by addresses instead. */
  readonly secret: string | undefined
  readonly mentions: Mentions
}

/** A custom robot of a DingTalk group. */
export function createDingtalkSender(base: string, clock: Clock): Sender<DingtalkTarget> {
  return {
    async send(message, { token, secret, mentions }, signal) {
      const url = new URL('/robot/send', base)
      url.searchParams.set('access_token', token)
      if (secret !== undefined) {
        const now = clock.now()
        url.searchParams.set('timestamp', `${now}`)
        url.searchParams.set('sign', dingtalkSign(secret, now))
      }
      const body = JSON.stringify(dingtalkBody(message, mentions))
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      const answer = await post({ url, headers, body }, { hosts: [], privateAddresses: true }, signal)
      if (!answer.ok) return answer
      const outcome = outcomeOf(answer, clock.now())
      return outcome.ok ? errcodeOf(answer.body, dingtalkOutcome) : outcome
    },
  }
}
