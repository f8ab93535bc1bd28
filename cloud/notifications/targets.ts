import type { Database } from '#cloud/state/database.ts'
import type { DingtalkTarget } from './channels/dingtalk.ts'
import type { EmailTarget } from './channels/email-sender.ts'
import type { PushTarget } from './channels/push-sender.ts'
import { mentionsOf } from './channels/robot-text.ts'
import { type Outcome, refused, type Sender } from './channels/sender.ts'
import type { WebhookTarget } from './channels/webhook-sender.ts'
import type { WecomTarget } from './channels/wecom.ts'
import type { Lane } from './job-queue.ts'
import type { Message } from './message.ts'
import { settingsOf, usualSettings } from './settings.ts'
import type { Language, Reader } from './words.ts'

export type Senders = {
  readonly push: Sender<PushTarget>
  /** Absent where no server takes mail. */
  readonly email: Sender<EmailTarget> | undefined
  readonly wecom: Sender<WecomTarget>
  readonly dingtalk: Sender<DingtalkTarget>
  readonly webhook: Sender<WebhookTarget>
}

/** A receiver as they are now: in which language, and how to reach them. */
export type Reached = {
  readonly reader: Reader
  send(message: Message, signal: AbortSignal): Promise<Outcome>
}

/** Looks up who is at the end of a lane at the time of sending; `undefined` when nobody is there any more. */
export function createTargets(db: Database, senders: Senders): (lane: Lane) => Promise<Reached | undefined> {
  async function readerOf(user: string | null): Promise<ReturnType<typeof settingsOf>> {
    const row = await db
      .selectFrom('notification_settings')
      .select('settings_json')
      .where('user_id', '=', user ?? '')
      .executeTakeFirst()
    return settingsOf(row?.settings_json)
  }

  async function push(lane: Lane): Promise<Reached | undefined> {
    const row = await db
      .selectFrom('push_subscriptions')
      .select(['endpoint', 'p256dh', 'auth', 'user_id'])
      .where('id', '=', lane.receiver)
      .executeTakeFirst()
    // Somebody else has signed in on that browser since.
    if (row === undefined || row.user_id !== lane.user) return undefined
    return {
      reader: await readerOf(lane.user),
      send: (message, signal) => senders.push.send(message, row, signal),
    }
  }

  async function email(lane: Lane): Promise<Reached | undefined> {
    const settings = await readerOf(lane.user)
    const { address, enabled } = settings.email
    if (!enabled || address === '') return undefined
    return {
      reader: settings,
      send: async (message, signal) =>
        (await senders.email?.send(message, { address }, signal)) ??
        refused('not-configured', 'notifications.smtp is not set'),
    }
  }

  async function shared(lane: Lane): Promise<Reached | undefined> {
    const row = await db
      .selectFrom('notification_channels')
      .select(['kind', 'language', 'mentions_json', 'url', 'token', 'secret'])
      .where('id', '=', lane.receiver)
      .executeTakeFirst()
    if (row === undefined || row.kind !== lane.channel) return undefined
    const { timeZone } = usualSettings
    const mentions = mentionsOf(JSON.parse(row.mentions_json) as string[])
    const token = row.token ?? ''
    const reader = { language: row.language as Language, timeZone }
    if (row.kind === 'wecom')
      return {
        reader,
        send: (message, signal) => senders.wecom.send(message, { key: token, mentions }, signal),
      }
    if (row.kind === 'dingtalk') {
      const target = { token, secret: row.secret ?? undefined, mentions }
      return { reader, send: (message, signal) => senders.dingtalk.send(message, target, signal) }
    }
    const target = { url: row.url ?? '', secret: row.secret ?? '', timeZone }
    return { reader, send: (message, signal) => senders.webhook.send(message, target, signal) }
  }

  return (lane) => {
    if (lane.channel === 'push') return push(lane)
    return lane.channel === 'email' ? email(lane) : shared(lane)
  }
}
