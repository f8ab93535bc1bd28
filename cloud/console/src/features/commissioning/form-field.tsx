import { Input } from 'antd'
import { type ReactNode, useId } from 'react'

export type FormFieldProps = {
  readonly label: string
  readonly hint?: string | undefined
  readonly problem?: string | undefined
  readonly children: (attributes: FieldAttributes) => ReactNode
}

export type FieldAttributes = {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

/** A label, its control, what it is for and what is wrong with it: all of them belong together for a screen reader. */
export function FormField({ label, hint, problem, children }: FormFieldProps) {
  const id = useId()
  const described = [hint === undefined ? '' : `${id}-hint`, problem === undefined ? '' : `${id}-problem`]
    .filter(Boolean)
    .join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        ...(described === '' ? {} : { 'aria-describedby': described }),
        ...(problem === undefined ? {} : { 'aria-invalid': true }),
      })}
      {hint !== undefined && (
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p className="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  )
}

export type TextFieldProps = Omit<FormFieldProps, 'children'> & {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly type?: 'text' | 'password'
  readonly inputMode?: 'text' | 'numeric' | 'decimal'
  readonly placeholder?: string | undefined
}

export function TextField(props: TextFieldProps) {
  const { value, onChange, type = 'text', inputMode = 'text', placeholder, ...field } = props
  return (
    <FormField {...field}>
      {(attributes) => (
        <Input
          {...attributes}
          type={type}
          inputMode={inputMode}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          autoComplete={type === 'password' ? 'new-password' : 'off'}
          autoCapitalize="none"
          spellCheck={false}
          maxLength={200}
          {...(placeholder === undefined ? {} : { placeholder })}
          {...(field.problem === undefined ? {} : { status: 'error' as const })}
        />
      )}
    </FormField>
  )
}

export type ChoiceFieldProps = Omit<FormFieldProps, 'children'> & {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

/** A list of the browser's own: it works by keyboard, on a phone and for a screen reader. */
export function ChoiceField({ value, onChange, options, ...field }: ChoiceFieldProps) {
  return (
    <FormField {...field}>
      {(attributes) => (
        <select
          {...attributes}
          className="choice"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </FormField>
  )
}
