import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { AuditEntry } from '#contract/api/audit.ts'
import type { Role } from '#contract/permissions.ts'
import { dateTimeText } from '../../format/time.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Fact } from '../../ui/facts.tsx'
import { Outcome } from './audit-table.tsx'
import { actionText, jsonText, personText } from './audit-words.ts'

export type AuditDetailProps = { readonly entry: AuditEntry; readonly onClose: () => void }

/** Everything that one row says. */
export function AuditDetail({ entry, onClose }: AuditDetailProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { seq, at, action, username, role, address, userAgent, target, before, after, outcome } = entry
  return (
    <Dialog title={t('audit.detail', { seq })} onCancel={onClose}>
      {/* First, because the dialog begins where the focus is. */}
      <div className="audit-close">
        <Button onClick={onClose}>{t('audit.close')}</Button>
      </div>
      <dl className="confirm-facts audit-facts">
        <Fact name={t('audit.action')}>{actionText(action, language)}</Fact>
        <Fact name={t('audit.time')}>{dateTimeText(Date.parse(at))}</Fact>
        <Fact name={t('audit.who')}>{[personText(entry, t), username].filter(Boolean).join(' · ')}</Fact>
        {role !== '' && role !== 'system' && (
          <Fact name={t('audit.role')}>{t(`role.${role as Role}`, { defaultValue: role })}</Fact>
        )}
        {target !== '' && <Fact name={t('audit.target')}>{target}</Fact>}
        <Fact name={t('audit.outcome')}>
          <Outcome entry={entry} />
        </Fact>
        {address !== '' && <Fact name={t('audit.address')}>{address}</Fact>}
        {userAgent !== '' && <Fact name={t('audit.userAgent')}>{userAgent}</Fact>}
        {entry.request !== '' && <Fact name={t('audit.request')}>{entry.request}</Fact>}
      </dl>
      <Json name={t('audit.before')} json={before} />
      <Json name={outcome === 'ok' ? t('audit.after') : t('audit.asked')} json={after} />
      <dl className="confirm-facts">
        <Fact name={t('audit.hash', { algorithm: entry.algorithm })}>
          <code className="audit-hash">{entry.hash}</code>
        </Fact>
        {entry.prevHash !== '' && (
          <Fact name={t('audit.prevHash')}>
            <code className="audit-hash">{entry.prevHash}</code>
          </Fact>
        )}
      </dl>
    </Dialog>
  )
}

function Json({ name, json }: { readonly name: string; readonly json: string }) {
  if (json === '') return null
  return (
    <section>
      <h3 className="audit-json-name">{name}</h3>
      <pre className="audit-json">{jsonText(json)}</pre>
    </section>
  )
}
