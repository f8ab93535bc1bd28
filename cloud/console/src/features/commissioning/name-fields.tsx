import { useTranslation } from 'react-i18next'
import type { Draft } from './draft.ts'
import { TextField } from './form-field.tsx'
import { problemAt } from './problems.tsx'

export type NameFieldsProps = {
  readonly draft: Draft
  readonly suggested: string
  readonly error: unknown
  readonly onChange: (draft: Draft) => void
}

const fields = ['titleZh', 'titleEn', 'locationZh', 'locationEn'] as const

/** What people call the device, where it is, and the id that stays with it. */
export function NameFields({ draft, suggested, error, onChange }: NameFieldsProps) {
  const { t } = useTranslation()
  return (
    <div className="form-grid">
      {fields.map((key) => (
        <TextField
          key={key}
          label={t(`commissioning.field_${key}`)}
          value={draft[key]}
          onChange={(value) => onChange({ ...draft, [key]: value })}
        />
      ))}
      <TextField
        label={t('commissioning.field_id')}
        hint={t('commissioning.idHint')}
        placeholder={suggested}
        value={draft.id}
        onChange={(id) => onChange({ ...draft, id })}
        problem={problemAt(error, 'id')}
      />
    </div>
  )
}
