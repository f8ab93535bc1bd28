import type { Priority } from '#contract/events.ts'
import type { Notice } from './notice.ts'
import { moreWords, type Reader, wordsOf } from './words.ts'

/** What one receiver is told in one go: a notice in full, and those that come with it. */
export type Message = {
  /** The same in every attempt. Message-ID, idempotency key. */
  readonly id: string
  readonly language: Reader['language']
  readonly priority: Priority
  readonly title: string
  readonly lines: readonly string[]
  /** `另有 12 条` and the first of them. */
  readonly more: readonly string[]
  /** Path into the console, and its whole address where the console's is known. */
  readonly path: string
  readonly url?: string
  readonly at: number
  readonly notices: readonly [Notice, ...Notice[]]
}

export type MessageOptions = {
  readonly id: string
  readonly reader: Reader
  readonly consoleUrl: string | undefined
}

/** Pure. */
export function messageOf(notices: readonly [Notice, ...Notice[]], options: MessageOptions): Message {
  const { id, reader, consoleUrl } = options
  const [notice, ...others] = notices
  const { title, lines } = wordsOf(notice, reader)
  const path = notice.link ?? '/'
  return {
    id,
    language: reader.language,
    priority: notice.priority,
    title,
    lines,
    more: moreWords(
      others.map((other) => wordsOf(other, reader).title),
      reader.language,
    ),
    path,
    ...(consoleUrl === undefined ? {} : { url: new URL(path, consoleUrl).href }),
    at: notice.at,
    notices,
  }
}
