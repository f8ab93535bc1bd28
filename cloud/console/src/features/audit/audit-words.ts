import type { TFunction } from 'i18next'
import type { AuditEntry } from '#contract/api/audit.ts'
import { auditActions } from '#contract/audit-actions.ts'
import { type Language, localText } from '../../i18n/local-text.ts'

/** A row of another version of the program may have an action that this one has no words for. */
export function actionText(action: string, language: Language): string {
  const title = Object.hasOwn(auditActions, action) ? auditActions[action as keyof typeof auditActions] : {}
  return localText(title, language, action)
}

export function personText({ displayName, username, role }: AuditEntry, t: TFunction): string {
  if (role === 'system') return t('audit.system')
  return displayName || username || t('audit.nobody')
}

/** JSON as a person reads it. What does not parse was not written by us and is shown as it is. */
export function jsonText(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
