import type { Message } from '../message.ts'
import { openWords } from '../words.ts'

/** What nodemailer makes bytes of. */
export type Mail = {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly messageId: string
  readonly date: Date
  readonly headers: Readonly<Record<string, string>>
}

export type MailAddresses = { readonly from: string; readonly to: string }

/** Plain text: it is read on a lock screen, and no link in it pretends to be another. Pure. */
export function emailMessage(message: Message, { from, to }: MailAddresses): Mail {
  const { id, title, lines, more, url, language, priority, at } = message
  const open = url === undefined ? [] : ['', `${openWords[language]}: ${url}`]
  const others = more.length === 0 ? [] : ['', ...more]
  return {
    from,
    to,
    subject: title,
    text: [title, '', ...lines, ...others, ...open, ''].join('\r\n'),
    messageId: `<${id}@${domainOf(from)}>`,
    date: new Date(at),
    headers: {
      // Nobody's absence note answers it (RFC 3834 §5).
      'Auto-Submitted': 'auto-generated',
      'Content-Language': language,
      ...(priority <= 2 ? { 'X-Priority': '1', Importance: 'high' } : {}),
    },
  }
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'campus.invalid'
}
