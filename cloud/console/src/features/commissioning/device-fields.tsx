import { useTranslation } from 'react-i18next'
import type { BusInfo, ProfileInfo, ProfileParam } from '#contract/request.ts'
import { type ConnectionField, connectionFields, type Draft, fieldText } from './draft.ts'
import { ChoiceField, TextField } from './form-field.tsx'
import { problemAt } from './problems.tsx'

export type DeviceFieldsProps = {
  readonly draft: Draft
  readonly profile: ProfileInfo
  readonly buses: readonly BusInfo[]
  readonly error: unknown
  readonly onChange: (draft: Draft) => void
}

/** The form that a profile asks for: where the device is, then its own parameters. */
export function DeviceFields({ draft, profile, buses, error, onChange }: DeviceFieldsProps) {
  const set = (key: ConnectionField, value: string): void =>
    onChange({ ...draft, fields: { ...draft.fields, [key]: value } })
  return (
    <div className="form-grid">
      {connectionFields(profile).map((key) => (
        <Connection
          key={key}
          name={key}
          value={draft.fields[key]}
          onChange={(value) => set(key, value)}
          problem={problemAt(error, key)}
          {...{ profile, buses }}
        />
      ))}
      {profile.params.map((param) => (
        <ParamField
          key={param.name}
          param={param}
          value={draft.params[param.name] ?? ''}
          onChange={(value) => onChange({ ...draft, params: { ...draft.params, [param.name]: value } })}
          problem={problemAt(error, `params.${param.name}`)}
        />
      ))}
    </div>
  )
}

type FieldProps = {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly problem: string | undefined
}
type ConnectionProps = FieldProps & {
  readonly name: ConnectionField
  readonly profile: ProfileInfo
  readonly buses: readonly BusInfo[]
}

function Connection({ name, profile, buses, ...field }: ConnectionProps) {
  const { t } = useTranslation()
  const label = t(`commissioning.field_${name}`)
  switch (name) {
    case 'bus': {
      const known = buses.map(({ id, address }) => ({ value: id, label: `${id} · ${address}` }))
      const options = [{ value: '', label: t('commissioning.pleaseChoose') }, ...known]
      return <ChoiceField label={label} options={options} {...field} />
    }
    case 'variant': {
      const known = profile.variants.map((variant) => ({ value: variant, label: variant }))
      const options = [{ value: '', label: t('commissioning.usualVariant') }, ...known]
      return <ChoiceField label={label} options={options} {...field} />
    }
    case 'unit': {
      const { min = 1, max = 247 } = profile.unit ?? {}
      return (
        <TextField
          label={label}
          inputMode="numeric"
          hint={t('commissioning.range', { min, max })}
          {...field}
        />
      )
    }
    case 'port':
    case 'channel':
      return <TextField label={label} inputMode="numeric" hint={t('commissioning.optional')} {...field} />
    case 'password':
      return <TextField label={label} type="password" hint={t('commissioning.passwordHint')} {...field} />
    case 'host':
    case 'username':
      return <TextField label={label} {...field} />
  }
}

function ParamField({ param, ...field }: FieldProps & { readonly param: ProfileParam }) {
  const { t } = useTranslation()
  const label = param.required ? `${param.name} *` : param.name
  const hint = useParamHint(param)
  if (param.type === 'enum') {
    const known = (param.options ?? []).map((value) => ({ value, label: value }))
    const usual = { value: '', label: t('commissioning.usual', { value: fieldText(param.default) || '–' }) }
    return <ChoiceField label={label} hint={hint} options={[usual, ...known]} {...field} />
  }
  const isNumber = param.type === 'int' || param.type === 'number'
  return (
    <TextField
      label={label}
      hint={hint}
      inputMode={isNumber ? 'decimal' : 'text'}
      placeholder={fieldText(param.default)}
      {...field}
    />
  )
}

function useParamHint({ help, min, max, type, required }: ProfileParam): string | undefined {
  const { t } = useTranslation()
  const isNumber = type === 'int' || type === 'number' || type === 'int_set'
  const range =
    min !== undefined && max !== undefined && isNumber ? t('commissioning.range', { min, max }) : ''
  const list = type === 'int_set' ? t('commissioning.listHint') : ''
  const parts = [help ?? '', range, list, required ? '' : t('commissioning.optional')]
  return parts.filter((part) => part !== '').join(' · ') || undefined
}
