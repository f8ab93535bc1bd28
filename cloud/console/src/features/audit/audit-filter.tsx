import { useNavigate } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { auditActions } from '#contract/audit-actions.ts'
import { fromLocalInput, toLocalInput } from '../../format/time.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { ChoiceField, FormField, TextField } from '../commissioning/form-field.tsx'
import { type AuditSearch, auditSearch } from './audit-search.ts'
import { actionText } from './audit-words.ts'

/** By time, person, action and target. Applied when it is sent; the address is where it is kept. */
export function AuditFilter({ filter }: { readonly filter: AuditSearch }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const navigate = useNavigate()
  const [from, setFrom] = useState(filter.from === undefined ? '' : toLocalInput(filter.from))
  const [to, setTo] = useState(filter.to === undefined ? '' : toLocalInput(filter.to))
  const [who, setWho] = useState(filter.who ?? '')
  const [action, setAction] = useState<string>(filter.action ?? '')
  const [target, setTarget] = useState(filter.target ?? '')
  const [problem, setProblem] = useState<string>()

  function apply(event: FormEvent): void {
    event.preventDefault()
    const range = { from: fromLocalInput(from), to: fromLocalInput(to) }
    const isEmpty = range.from !== undefined && range.to !== undefined && range.from >= range.to
    setProblem(isEmpty ? t('audit.badRange') : undefined)
    // Going to an address cannot fail.
    if (!isEmpty) void navigate({ to: '/audit', search: auditSearch({ ...range, who, action, target }) })
  }

  const actions = Object.keys(auditActions).map((value) => ({ value, label: actionText(value, language) }))
  return (
    <search>
      <form className="audit-filter" onSubmit={apply} noValidate>
        <InstantField label={t('audit.from')} value={from} onChange={setFrom} />
        <InstantField label={t('audit.to')} value={to} onChange={setTo} problem={problem} />
        <TextField label={t('audit.who')} value={who} onChange={setWho} placeholder={t('audit.whoHint')} />
        <ChoiceField
          label={t('audit.action')}
          value={action}
          onChange={setAction}
          options={[{ value: '', label: t('audit.allActions') }, ...actions]}
        />
        <TextField
          label={t('audit.target')}
          value={target}
          onChange={setTarget}
          placeholder={t('audit.targetHint')}
        />
        <Button htmlType="submit">{t('audit.filter')}</Button>
      </form>
    </search>
  )
}

type InstantFieldProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly problem?: string | undefined
}

function InstantField({ label, value, onChange, problem }: InstantFieldProps) {
  return (
    <FormField label={label} problem={problem}>
      {(attributes) => (
        <Input
          {...attributes}
          type="datetime-local"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </FormField>
  )
}
