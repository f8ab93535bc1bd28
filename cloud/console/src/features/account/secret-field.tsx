import { Input } from 'antd'
import { FormField } from '../commissioning/form-field.tsx'

export type SecretFieldProps = {
  readonly label: string
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: 'current-password' | 'new-password' | 'one-time-code'
}

/** A password, or a code of the app: the browser’s own keeper of passwords knows which. */
export function SecretField({ value, onChange, autoComplete, ...field }: SecretFieldProps) {
  const isCode = autoComplete === 'one-time-code'
  return (
    <FormField {...field}>
      {(attributes) => (
        <Input
          {...attributes}
          type={isCode ? 'text' : 'password'}
          inputMode={isCode ? 'numeric' : 'text'}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={isCode ? 30 : 1000}
          {...(field.problem === undefined ? {} : { status: 'error' as const })}
        />
      )}
    </FormField>
  )
}
