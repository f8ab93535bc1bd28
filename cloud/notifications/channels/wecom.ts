import type { Clock } from '#lib/clock.ts'
import type { Message } from '../message.ts'
import { outcomeOf, post } from './post.ts'
import { errcodeOf, type RobotAnswer } from './robot-answer.ts'
import { fitting, linkText, type Mentions, plainText } from './robot-text.ts'
import { failedFor, type Outcome, refused, type Sender, sent } from './sender.ts'

/** https://developer.work.weixin.qq.com/document/path/91770: sizes in bytes of UTF-8. */
const maxMarkdownBytes = 4096
const maxTextBytes = 2048

export type WecomBody =
  | { readonly msgtype: 'markdown'; readonly markdown: { readonly content: string } }
  | {
      readonly msgtype: 'text'
      readonly text: {
        readonly content: string
        readonly mentioned_list: readonly string[]
        readonly mentioned_mobile_list: readonly string[]
      }
    }

/** Telephone numbers and everybody can be called by a text alone; user ids in markdown as well. Pure. */
export function wecomBody(message: Message, mentions: Mentions): WecomBody {
  const { title, lines, more, url } = message
  if (mentions.all || mentions.phones.length > 0) {
    const content = fitting([title, ...lines, ...more], url === undefined ? [] : [url], maxTextBytes, '\n')
    return {
      msgtype: 'text',
      text: {
        content,
        mentioned_list: [...mentions.users, ...(mentions.all ? ['@all'] : [])],
        mentioned_mobile_list: mentions.phones,
      },
    }
  }
  const head = `**${plainText(title)}**`
  const shown = [
    message.priority <= 2 ? `<font color="warning">${head}</font>` : head,
    ...lines.map((line) => `> ${plainText(line)}`),
    ...more.map(plainText),
  ]
  const last = [...linkText(message), ...mentions.users.map((user) => `<@${user}>`)]
  return { msgtype: 'markdown', markdown: { content: fitting(shown, last, maxMarkdownBytes, '\n') } }
}

/** 20 messages a minute; what is asked for too soon can be asked for a minute later. */
const limitedMs = 60_000
const busyCodes = new Set([-1, 45_009, 45_033])

/** Pure. */
export function wecomOutcome({ errcode, errmsg }: RobotAnswer): Outcome {
  if (errcode === 0) return sent
  const detail = `errcode ${errcode}: ${errmsg}`
  return busyCodes.has(errcode) ? failedFor('refused', detail, limitedMs) : refused('refused', detail)
}

export type WecomTarget = { readonly key: string; readonly mentions: Mentions }

/** A robot of a WeCom group. `base` is WeCom's own address, or that of a private installation. */
export function createWecomSender(base: string, clock: Clock): Sender<WecomTarget> {
  return {
    async send(message, { key, mentions }, signal) {
      const url = new URL('/cgi-bin/webhook/send', base)
      url.searchParams.set('key', key)
      const body = JSON.stringify(wecomBody(message, mentions))
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      const answer = await post({ url, headers, body }, { hosts: [], privateAddresses: true }, signal)
      if (!answer.ok) return answer
      const outcome = outcomeOf(answer, clock.now())
      return outcome.ok ? errcodeOf(answer.body, wecomOutcome) : outcome
    },
  }
}
