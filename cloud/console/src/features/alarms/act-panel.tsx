import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Outcome as AlarmOutcome, outcomes } from '#contract/alarm-life.ts'
import { type Alarm, shelfTimes } from '#contract/api/alarms.ts'
import { ChoiceField, FormField, TextField } from '../commissioning/form-field.tsx'
import { type Act, peopleQuery } from './alarm-api.ts'
import { useRefusalText } from './alarm-grid.tsx'
import type { Acts } from './use-acts.ts'

export type PanelKind = 'shelve' | 'falseAlarm' | 'close' | 'assign' | 'note' | 'outOfService'

export type ActPanelProps = {
  readonly kind: PanelKind
  readonly alarm: Alarm
  readonly acts: Acts
  /** Back to the list, done or not. */
  readonly onClose: () => void
}

const shelfChoices = [...shelfTimes, 'long'] as const
const longHours = 12

/** What an act needs to know, in place: the list stays where it is and goes on living. Escape leaves. */
export function ActPanel({ kind, alarm, acts, onClose }: ActPanelProps) {
  const { t } = useTranslation()
  const refusal = useRefusalText()
  const box = useRef<HTMLFormElement>(null)
  const [missing, setMissing] = useState(false)
  const [draft, setDraft] = useState<Draft>({
    reason: '',
    note: '',
    time: '1h',
    permit: '',
    to: '',
    outcome: 'true',
  })
  const change = (some: Partial<Draft>) => setDraft((known) => ({ ...known, ...some }))
  useEffect(() => box.current?.querySelector<HTMLElement>('select, input, textarea')?.focus(), [])
  const outcome = acts.outcomes.get(alarm.id)

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const act = actOf(kind, draft)
    setMissing(act === undefined)
    if (act !== undefined && (await acts.act(alarm.id, act))) onClose()
  }
  return (
    <form
      ref={box}
      className="panel padded alarm-panel"
      aria-label={t(`alarms.panel.${kind}`)}
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose()
      }}
    >
      <h2>{t(`alarms.panel.${kind}`)}</h2>
      <Fields kind={kind} alarm={alarm} draft={draft} change={change} isMissing={missing} />
      {outcome?.kind === 'failed' && <Alert type="error" showIcon title={refusal(outcome.error)} />}
      <div className="confirm-buttons">
        <Button onClick={onClose}>{t('alarms.cancel')}</Button>
        <Button type="primary" htmlType="submit" loading={outcome?.kind === 'sending'}>
          {t(`alarms.do.${kind}`)}
        </Button>
      </div>
    </form>
  )
}

type Draft = {
  readonly reason: string
  readonly note: string
  readonly time: string
  readonly permit: string
  readonly to: string
  readonly outcome: AlarmOutcome
}

type FieldsProps = {
  readonly kind: PanelKind
  readonly alarm: Alarm
  readonly draft: Draft
  readonly change: (some: Partial<Draft>) => void
  readonly isMissing: boolean
}

function Fields(props: FieldsProps) {
  const { t } = useTranslation()
  const { kind, draft, change, isMissing } = props
  switch (kind) {
    case 'shelve':
      return (
        <>
          <ChoiceField
            label={t('alarms.field.time')}
            hint={draft.time === 'long' ? t('alarms.needsSecond') : undefined}
            value={draft.time}
            onChange={(time) => change({ time })}
            options={shelfChoices.map((value) => ({ value, label: t(`alarms.time.${value}`) }))}
          />
          <ReasonField {...props} />
        </>
      )
    case 'close':
      return (
        <>
          <ChoiceField
            label={t('alarms.field.outcome')}
            value={draft.outcome}
            onChange={(outcome) => change({ outcome: outcome as AlarmOutcome })}
            options={outcomes.map((value) => ({ value, label: t(`alarms.outcome.${value}`) }))}
          />
          <NoteField label={t('alarms.field.evidence')} {...props} />
        </>
      )
    case 'falseAlarm':
      return <ReasonField {...props} />
    case 'note':
      return <NoteField label={t('alarms.field.note')} {...props} />
    case 'assign':
      return <PersonField {...props} />
    case 'outOfService':
      return (
        <>
          <TextField
            label={t('alarms.field.permit')}
            hint={t('alarms.needsSecond')}
            problem={isMissing && draft.permit.trim() === '' ? t('alarms.required') : undefined}
            value={draft.permit}
            onChange={(permit) => change({ permit })}
          />
          <ReasonField {...props} />
        </>
      )
  }
}

const reasons = {
  shelve: ['maintenance', 'known', 'chattering', 'other'],
  falseAlarm: ['sensor', 'environment', 'mistake', 'other'],
  outOfService: ['maintenance', 'replacement', 'other'],
} as const

/** One of a list, so that one can count them, with free words beside it. */
function ReasonField({ kind, draft, change, isMissing }: FieldsProps) {
  const { t } = useTranslation()
  const listed = kind in reasons ? reasons[kind as keyof typeof reasons] : reasons.shelve
  return (
    <>
      <ChoiceField
        label={t('alarms.field.reason')}
        problem={isMissing && draft.reason === '' ? t('alarms.required') : undefined}
        value={draft.reason}
        onChange={(reason) => change({ reason })}
        options={[
          { value: '', label: t('alarms.choose') },
          ...listed.map((one) => ({ value: t(`alarms.reason.${one}`), label: t(`alarms.reason.${one}`) })),
        ]}
      />
      <TextField label={t('alarms.field.more')} value={draft.note} onChange={(note) => change({ note })} />
    </>
  )
}

function NoteField({ label, draft, change, isMissing }: FieldsProps & { readonly label: string }) {
  const { t } = useTranslation()
  return (
    <FormField
      label={label}
      problem={isMissing && draft.note.trim() === '' ? t('alarms.required') : undefined}
    >
      {(attributes) => (
        <Input.TextArea
          {...attributes}
          value={draft.note}
          onChange={(event) => change({ note: event.target.value })}
          rows={3}
          maxLength={200}
        />
      )}
    </FormField>
  )
}

function PersonField({ alarm, draft, change, isMissing }: FieldsProps) {
  const { t } = useTranslation()
  const people = useQuery(peopleQuery(alarm.id)).data?.items ?? []
  return (
    <ChoiceField
      label={t('alarms.field.to')}
      problem={isMissing && draft.to === '' ? t('alarms.required') : undefined}
      value={draft.to}
      onChange={(to) => change({ to })}
      options={[
        { value: '', label: t('alarms.choose') },
        ...people.map(({ username, displayName }) => ({ value: username, label: displayName })),
      ]}
    />
  )
}

function reasonOf({ reason, note }: Draft): string {
  return [reason, note.trim()].filter(Boolean).join(' · ').slice(0, 200)
}

/** `undefined` while something is missing. */
function actOf(kind: PanelKind, draft: Draft): Act | undefined {
  const missing = needed[kind].some((field) => draft[field].trim() === '')
  return missing ? undefined : acts[kind](draft)
}

const needed: Readonly<Record<PanelKind, readonly (keyof Draft)[]>> = {
  shelve: ['reason'],
  falseAlarm: ['reason'],
  close: ['note'],
  note: ['note'],
  assign: ['to'],
  outOfService: ['reason', 'permit'],
}

const acts: Readonly<Record<PanelKind, (draft: Draft) => Act>> = {
  shelve: (draft) => {
    const named = shelfTimes.find((one) => one === draft.time)
    const howLong = named === undefined ? { minutes: longHours * 60 } : { for: named }
    return { act: 'shelve', body: { reason: reasonOf(draft), ...howLong } }
  },
  falseAlarm: (draft) => ({ act: 'close', body: { outcome: 'false-alarm', note: reasonOf(draft) } }),
  close: ({ outcome, note }) => ({ act: 'close', body: { outcome, note: note.trim() } }),
  note: ({ note }) => ({ act: 'comment', body: { note: note.trim() } }),
  assign: ({ to }) => ({ act: 'assign', body: { to } }),
  outOfService: (draft) => ({
    act: 'out-of-service',
    body: { reason: reasonOf(draft), permit: draft.permit.trim() },
  }),
}
