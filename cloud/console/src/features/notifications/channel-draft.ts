import type { ChannelDraft, NotificationChannel } from '#contract/api/notifications.ts'
import type { SharedChannel } from '#contract/notice.ts'

/** A robot or a webhook as it is being written. */
export type Draft = Omit<ChannelDraft, 'mentions' | 'node' | 'url' | 'token' | 'secret'> & {
  readonly node: string
  readonly mentions: string
  readonly url: string
  readonly token: string
  readonly secret: string
}

export function newDraft(kind: SharedChannel): Draft {
  return {
    ...{ kind, node: '', title: '', enabled: true, minPriority: 3, language: 'zh-CN', mentions: '' },
    ...{ url: '', token: '', secret: '' },
  }
}

/** Secrets, and what the server hides of an address, are written again or stay. */
export function draftOf({
  kind,
  node,
  title,
  enabled,
  minPriority,
  language,
  mentions,
}: NotificationChannel): Draft {
  return {
    ...{ kind, title, enabled, minPriority, language, node: node ?? '', mentions: mentions.join(' ') },
    ...{ url: '', token: '', secret: '' },
  }
}

/** What is sent. People paste the whole address of a robot: the key is in it. Pure. */
export function bodyOf(draft: Draft): ChannelDraft {
  const { node, mentions, url, token, secret, title, ...rest } = draft
  const isWebhook = rest.kind === 'webhook'
  return {
    ...rest,
    title: title.trim(),
    node: node === '' ? null : node,
    mentions: isWebhook ? [] : mentions.split(/[\s,，、;；]+/u).filter((one) => one !== ''),
    ...(isWebhook && url.trim() !== '' ? { url: url.trim() } : {}),
    ...(!isWebhook && token.trim() !== '' ? { token: keyIn(token.trim()) } : {}),
    ...(rest.kind !== 'wecom' && secret.trim() !== '' ? { secret: secret.trim() } : {}),
  }
}

function keyIn(text: string): string {
  const query = URL.parse(text)?.searchParams
  return query?.get('key') ?? query?.get('access_token') ?? text
}
