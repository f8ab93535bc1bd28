import { Button, Input, InputNumber, Select, Slider, Switch } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Value } from '#contract/sample.ts'
import { unitText } from '../../format/units.ts'
import { useValueText } from '../../points/use-words.ts'
import type { Control } from './control-of.ts'

export type InputProps = {
  readonly point: { readonly id: string; readonly unit: string }
  readonly name: string
  /** What the device shows now; `undefined` where that is not known. */
  readonly shown: Value | undefined
  readonly disabled: boolean
  /** A command is on its way. */
  readonly busy: boolean
  readonly set: (value: number | boolean | string) => void
}

/** The control itself. It always shows what the device shows, never what was wished for. */
export function ControlInput({ control, ...props }: InputProps & { readonly control: Control }) {
  switch (control.kind) {
    case 'switch':
      return <SwitchInput {...props} />
    case 'buttons':
      return <ButtonsInput {...props} values={control.values} />
    case 'range':
      return <RangeInput {...props} {...control} />
    case 'number':
      return <NumberInput {...props} {...control} />
    case 'list':
      return <ListInput {...props} options={control.options} />
    case 'text':
      return <TextInput {...props} />
  }
}

function SwitchInput({ name, shown, disabled, busy, set }: InputProps) {
  return (
    <Switch
      aria-label={name}
      checked={shown === true}
      disabled={disabled}
      loading={busy}
      onChange={(value) => set(value)}
    />
  )
}

function ButtonsInput({
  point,
  name,
  disabled,
  busy,
  set,
  values,
}: InputProps & { readonly values: readonly (boolean | number | string)[] }) {
  const valueText = useValueText()
  return (
    <fieldset className="control-buttons" aria-label={name}>
      {values.map((value) => (
        <Button key={String(value)} disabled={disabled || busy} onClick={() => set(value)}>
          {valueText(point.id, value)}
        </Button>
      ))}
    </fieldset>
  )
}

type Limits = { readonly min?: number; readonly max?: number; readonly step?: number }

function RangeInput({ min, max, step, ...props }: InputProps & Required<Limits>) {
  const { name, shown, disabled } = props
  const [draft, setDraft] = useState<number | null>(null)
  const value = draft ?? (typeof shown === 'number' ? shown : min)
  return (
    <div className="control-range">
      <Slider
        aria-label={name}
        ariaLabelForHandle={name}
        tooltip={{ open: false }}
        min={min}
        max={max}
        step={step}
        value={Math.min(max, Math.max(min, value))}
        disabled={disabled}
        onChange={setDraft}
      />
      <NumberForm {...props} min={min} max={max} step={step} draft={draft} setDraft={setDraft} />
    </div>
  )
}

function NumberInput(props: InputProps & Limits) {
  const [draft, setDraft] = useState<number | null>(null)
  return <NumberForm {...props} draft={draft} setDraft={setDraft} />
}

type Draft<T> = { readonly draft: T | null; readonly setDraft: (value: T | null) => void }

function NumberForm({
  point,
  name,
  shown,
  disabled,
  busy,
  set,
  draft,
  setDraft,
  ...limits
}: InputProps & Limits & Draft<number>) {
  const { t } = useTranslation()
  const hint = useId()
  const unit = unitText(point.unit)
  const { min, max, step } = limits
  const value = draft ?? (typeof shown === 'number' ? shown : null)
  const submit = (): void => {
    if (draft === null) return
    set(draft)
    setDraft(null)
  }
  return (
    <>
      <div className="control-row">
        <InputNumber
          className="control-number"
          aria-label={name}
          aria-describedby={hint}
          value={value}
          min={min ?? Number.MIN_SAFE_INTEGER}
          max={max ?? Number.MAX_SAFE_INTEGER}
          {...(step === undefined ? {} : { step })}
          {...(unit === '' ? {} : { suffix: unit })}
          disabled={disabled}
          onChange={setDraft}
          onPressEnter={submit}
        />
        <SetButton name={name} disabled={disabled || busy || draft === null} onClick={submit} />
      </div>
      <span id={hint} className="control-hint">
        {min !== undefined && max !== undefined && t('command.range', { min, max, unit })}
      </span>
    </>
  )
}

function ListInput({
  point,
  name,
  shown,
  disabled,
  busy,
  set,
  options,
}: InputProps & { readonly options: readonly (number | string)[] }) {
  const valueText = useValueText()
  const { t } = useTranslation()
  const [draft, setDraft] = useState<number | string | null>(null)
  const present = options.find((option) => option === shown)
  return (
    <div className="control-row">
      <Select
        className="control-list"
        aria-label={name}
        placeholder={t('command.choose')}
        value={draft ?? present ?? null}
        options={options.map((value) => ({ value, label: valueText(point.id, value) }))}
        disabled={disabled}
        onChange={setDraft}
      />
      <SetButton
        name={name}
        disabled={disabled || busy || draft === null}
        onClick={() => {
          if (draft !== null) set(draft)
          setDraft(null)
        }}
      />
    </div>
  )
}

function TextInput({ name, shown, disabled, busy, set }: InputProps) {
  const [draft, setDraft] = useState<string | null>(null)
  const submit = (): void => {
    if (draft !== null) set(draft)
    setDraft(null)
  }
  return (
    <div className="control-row">
      <Input
        className="control-text"
        aria-label={name}
        value={draft ?? (typeof shown === 'string' ? shown : '')}
        maxLength={1000}
        disabled={disabled}
        onChange={(event) => setDraft(event.target.value)}
        onPressEnter={submit}
      />
      <SetButton name={name} disabled={disabled || busy || draft === null} onClick={submit} />
    </div>
  )
}

type SetButtonProps = { readonly name: string; readonly disabled: boolean; readonly onClick: () => void }

function SetButton({ name, disabled, onClick }: SetButtonProps) {
  const { t } = useTranslation()
  return (
    <Button type="primary" disabled={disabled} onClick={onClick} aria-label={t('command.setNamed', { name })}>
      {t('command.set')}
    </Button>
  )
}
