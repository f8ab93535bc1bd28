import type { MySettings } from '#contract/api/notifications.ts'
import type { PersonalChannel } from '#contract/notice.ts'
import type { Role } from '#contract/permissions.ts'
import type { NotificationsConfig } from './notifications-config.ts'

/** What holds for a person who has not chosen anything. */
export const usualSettings: MySettings = {
  language: 'zh-CN',
  timeZone: 'Asia/Shanghai',
  quiet: null,
  push: { enabled: true, minPriority: null },
  email: { enabled: true, address: '', minPriority: null },
}

/** A row of an older program may lack what was added later. Pure. */
export function settingsOf(json: string | null | undefined): MySettings {
  if (json === null || json === undefined) return usualSettings
  return { ...usualSettings, ...(JSON.parse(json) as Partial<MySettings>) }
}

/** Up to which priority these roles are told by default: what the most concerned of them is. 0: not at all. Pure. */
export function roleDefault(
  roles: readonly Role[],
  channel: PersonalChannel,
  rules: NotificationsConfig['roles'],
): number {
  return Math.max(0, ...roles.map((role) => rules[role]?.[channel] ?? 0))
}
