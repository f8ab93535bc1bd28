import type { Message } from '../message.ts'
import { openWords } from '../words.ts'

/** Whom a robot calls: user ids, telephone numbers, or `@all`. */
export type Mentions = {
  readonly all: boolean
  readonly phones: readonly string[]
  readonly users: readonly string[]
}

/** Pure. */
export function mentionsOf(written: readonly string[]): Mentions {
  const isPhone = (one: string): boolean => /^\+?[\d-]{8,20}$/.test(one)
  const others = written.filter((one) => one !== '@all')
  return {
    all: written.includes('@all'),
    phones: others.filter(isPhone),
    users: others.filter((one) => !isPhone(one)),
  }
}

/** Names come from outside: nothing in them may call people, lead somewhere or change the type. Pure. */
export function plainText(text: string): string {
  const wide: Readonly<Record<string, string>> = {
    '<': '＜',
    '>': '＞',
    '[': '［',
    ']': '］',
    '*': '＊',
    '`': '｀',
    '@': '＠',
    '#': '＃',
    '!': '！',
  }
  return text.replaceAll(/[<>[\]*`@#!]/g, (character) => wide[character] ?? character)
}

/** `[打开控制台](https://…)`, nothing where the console's address is not known. Pure. */
export function linkText({ url, language }: Message): readonly string[] {
  return url === undefined ? [] : [`[${openWords[language]}](${url})`]
}

/** As many whole lines of `lines` as fit into `maxBytes` of UTF-8 together with `last`, which always stays. Pure. */
export function fitting(
  lines: readonly string[],
  last: readonly string[],
  maxBytes: number,
  between: string,
): string {
  for (let kept = lines.length; kept > 0; kept--) {
    const text = [...lines.slice(0, kept), ...(kept < lines.length ? ['…'] : []), ...last].join(between)
    if (Buffer.byteLength(text) <= maxBytes) return text
  }
  return last.join(between)
}
