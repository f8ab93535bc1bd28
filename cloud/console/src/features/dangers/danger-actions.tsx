import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DangerDetail } from '#contract/api/dangers.ts'
import { type DangerAction, dangerGrades } from '#contract/dangers.ts'
import { addSiteDays, siteDayOf } from '#contract/site-day.ts'
import { ApiError } from '../../api/client.ts'
import { useLive } from '../../live/live-context.tsx'
import { useErrorText } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { ChoiceField, FormField } from '../commissioning/form-field.tsx'
import { addPhoto, type DangerStepName, dangersKey, doStep, peopleQuery } from './dangers-api.ts'
import { PhotoButton } from './photo-button.tsx'

type Props = { readonly danger: DangerDetail }

/** What the reader may do now, one below the other; the server decides. */
export function DangerActions({ danger }: Props) {
  const { t } = useTranslation()
  const { can, state, id } = danger
  const may = (action: DangerAction) => can.includes(action)
  if (can.length === 0) return null
  return (
    <section className="panel padded danger-actions" aria-labelledby="danger-next" key={state}>
      <h2 id="danger-next">{t('dangers.nextStep')}</h2>
      {may('grade') && <Grade danger={danger} />}
      {may('assign') && <Assign danger={danger} />}
      {state !== 'closed' && may('comment') && <Photo danger={danger} />}
      {may('fix') && (
        <NoteStep id={id} step="fix" label={t('dangers.fixNote')} button={t('dangers.fix')} needed />
      )}
      {may('pass') && (
        <NoteStep
          {...{ id, step: 'recheck', label: t('dangers.recheckNote'), button: t('dangers.pass') }}
          more={{ passed: true }}
          other={{ button: t('dangers.fail'), more: { passed: false } }}
        />
      )}
      {may('close') && (
        <NoteStep id={id} step="close" label={t('dangers.closeNote')} button={t('dangers.close')} />
      )}
      {may('reopen') && (
        <NoteStep id={id} step="reopen" label={t('dangers.reopenNote')} button={t('dangers.reopen')} needed />
      )}
      {may('comment') && (
        <NoteStep
          id={id}
          step="comment"
          label={t('dangers.comment')}
          button={t('dangers.addComment')}
          needed
        />
      )}
    </section>
  )
}

function useStep(id: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ step, body }: { step: DangerStepName; body: object }) => doStep(id, step, body),
    // Whatever the answer: somebody else may have been here first.
    onSettled: () => queries.invalidateQueries({ queryKey: [dangersKey] }),
  })
}

function Problem({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  if (error === null) return null
  const needsPhoto =
    error instanceof ApiError && (error.details as { missing?: unknown } | undefined)?.missing === 'photo'
  return <Alert type="error" showIcon title={needsPhoto ? t('dangers.photoNeeded') : errorText(error)} />
}

function Grade({ danger: { id, grade } }: Props) {
  const { t } = useTranslation()
  const step = useStep(id)
  return (
    <fieldset className="danger-step">
      <legend>{t('dangers.gradeIt')}</legend>
      <p className="muted small">{t('dangers.gradeHint')}</p>
      <div className="form-row">
        {dangerGrades.map((one) => (
          <Button
            key={one}
            disabled={grade === one}
            loading={step.isPending}
            onClick={() => step.mutate({ step: 'grade', body: { grade: one } })}
          >
            {t(`dangers.grade.${one}`)}
          </Button>
        ))}
      </div>
      <Problem error={step.error} />
    </fieldset>
  )
}

function Assign({ danger: { id, node, assignee, due, grade } }: Props) {
  const { t } = useTranslation()
  const { clock } = useLive()
  const people = useQuery(peopleQuery(node))
  const step = useStep(id)
  const today = siteDayOf(clock.now())
  const [person, setPerson] = useState(assignee?.id ?? '')
  const [day, setDay] = useState(due ?? addSiteDays(today, grade === 'major' ? 1 : 7))
  const [tried, setTried] = useState(false)

  function submit(event: FormEvent): void {
    event.preventDefault()
    setTried(true)
    if (person !== '' && day !== '') step.mutate({ step: 'assign', body: { assignee: person, due: day } })
  }

  return (
    <form className="danger-step" onSubmit={submit} noValidate>
      <div className="form-row">
        <QueryView query={people} skeletonRows={1}>
          {({ items }) => (
            <ChoiceField
              label={t('dangers.assignee')}
              value={person}
              onChange={setPerson}
              problem={tried && person === '' ? t('dangers.needed') : undefined}
              options={[
                { value: '', label: t('dangers.choosePerson') },
                ...items.map(({ id: value, displayName }) => ({ value, label: displayName })),
              ]}
            />
          )}
        </QueryView>
        <FormField label={t('dangers.due')}>
          {(attributes) => (
            <Input
              {...attributes}
              type="date"
              min={today}
              value={day}
              onChange={(event) => setDay(event.target.value)}
            />
          )}
        </FormField>
        <Button htmlType="submit" loading={step.isPending}>
          {t(assignee === undefined ? 'dangers.assign' : 'dangers.assignAgain')}
        </Button>
      </div>
      <Problem error={step.error} />
    </form>
  )
}

function Photo({ danger: { id } }: Props) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const add = useMutation({
    mutationFn: (photo: Blob) => addPhoto(id, photo),
    onSuccess: () => queries.invalidateQueries({ queryKey: [dangersKey] }),
  })
  return (
    <div className="danger-step">
      <PhotoButton
        label={t('dangers.takePhoto')}
        busy={add.isPending}
        onPhoto={(photo) => add.mutate(photo)}
      />
      <Problem error={add.error} />
    </div>
  )
}

type NoteStepProps = {
  readonly id: string
  readonly step: DangerStepName
  readonly label: string
  readonly button: string
  readonly needed?: boolean
  readonly more?: object
  /** A second way out with the same note. */
  readonly other?: { readonly button: string; readonly more: object }
}

function NoteStep({ id, step: name, label, button, needed = false, more = {}, other }: NoteStepProps) {
  const { t } = useTranslation()
  const step = useStep(id)
  const [note, setNote] = useState('')
  const [tried, setTried] = useState(false)

  function send(facts: object): void {
    setTried(true)
    const text = note.trim()
    if (needed && text === '') return
    step.mutate(
      { step: name, body: { ...facts, ...(text === '' ? {} : { note: text }) } },
      { onSuccess: () => setNote('') },
    )
  }

  return (
    <form
      className="danger-step"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        send(more)
      }}
    >
      <FormField
        label={label}
        problem={tried && needed && note.trim() === '' && step.isIdle ? t('dangers.needed') : undefined}
      >
        {(attributes) => (
          <Input.TextArea
            {...attributes}
            rows={2}
            maxLength={2000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </FormField>
      <div className="form-row">
        <Button htmlType="submit" loading={step.isPending}>
          {button}
        </Button>
        {other !== undefined && (
          <Button danger loading={step.isPending} onClick={() => send(other.more)}>
            {other.button}
          </Button>
        )}
      </div>
      <Problem error={step.error} />
    </form>
  )
}
