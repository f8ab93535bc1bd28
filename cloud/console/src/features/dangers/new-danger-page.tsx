import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Alert, Button, Input } from 'antd'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { dangerCategories } from '#contract/dangers.ts'
import { useErrorText } from '../../ui/page-states.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import { ChoiceField, FormField, TextField } from '../commissioning/form-field.tsx'
import { PlacePicker } from '../tree/place-picker.tsx'
import './dangers.css'
import { addPhoto, dangersKey, reportDanger } from './dangers-api.ts'
import { type Draft, keepDraft, keptDraft, newDraft } from './draft.ts'
import { PhotoButton } from './photo-button.tsx'

/** One form, usable with a thumb in a corridor: where, what, a picture. */
export function NewDangerPage() {
  const { t } = useTranslation()
  const { alarm, node, title } = useSearch({ from: '/shell/dangers/new' })
  const errorText = useErrorText()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [kept] = useState(keptDraft)
  const [draft, setDraft] = useState<Draft>(() => ({
    ...(kept ?? newDraft()),
    ...(node === undefined ? {} : { node }),
    ...(title === undefined ? {} : { title }),
  }))
  const [photos, setPhotos] = useState<readonly Blob[]>([])
  const [tried, setTried] = useState(false)
  useTitle(t('dangers.report'))
  useEffect(() => keepDraft(draft), [draft])
  const send = useMutation({
    mutationFn: async () => {
      const { description, ...facts } = draft
      const about = alarm === undefined ? {} : { alarm }
      const danger = await reportDanger({
        ...facts,
        ...about,
        ...(description === '' ? {} : { description }),
      })
      for (const photo of photos) await addPhoto(danger.id, photo)
      return danger
    },
    onSuccess: async ({ id }) => {
      keepDraft(undefined)
      await queries.invalidateQueries({ queryKey: [dangersKey] })
      await navigate({ to: '/dangers/$id', params: { id }, replace: true })
    },
  })
  const needed = (value: string) => (tried && value.trim() === '' ? t('dangers.needed') : undefined)
  const change = (more: Partial<Draft>) => setDraft((known) => ({ ...known, ...more }))

  function submit(event: FormEvent): void {
    event.preventDefault()
    setTried(true)
    if (draft.node !== '' && draft.title.trim() !== '') send.mutate()
  }

  return (
    <>
      <div className="page-head">
        <h1>{t('dangers.report')}</h1>
      </div>
      <form className="panel padded danger-form" onSubmit={submit} noValidate>
        {kept !== undefined && kept.title !== '' && (
          <Alert
            type="info"
            showIcon
            className="notice"
            title={t('dangers.draftKept')}
            action={
              <Button size="small" onClick={() => setDraft(newDraft())}>
                {t('dangers.startOver')}
              </Button>
            }
          />
        )}
        {alarm !== undefined && <p className="muted">{t('dangers.fromAlarm', { alarm })}</p>}
        <PlacePicker
          value={draft.node}
          onChange={(id) => change({ node: id })}
          problem={needed(draft.node)}
        />
        <TextField
          label={t('dangers.danger')}
          placeholder={t('dangers.dangerHint')}
          value={draft.title}
          onChange={(text) => change({ title: text })}
          problem={needed(draft.title)}
        />
        <ChoiceField
          label={t('dangers.category')}
          value={draft.category}
          onChange={(category) => change({ category: category as Draft['category'] })}
          options={dangerCategories.map((value) => ({ value, label: t(`dangers.categories.${value}`) }))}
        />
        <FormField label={t('dangers.description')}>
          {(attributes) => (
            <Input.TextArea
              {...attributes}
              rows={3}
              maxLength={2000}
              value={draft.description}
              onChange={(event) => change({ description: event.target.value })}
            />
          )}
        </FormField>
        <PhotoButton
          label={t('dangers.takePhoto')}
          onPhoto={(photo) => setPhotos((known) => [...known, photo])}
        />
        {photos.length > 0 && (
          <p role="status" className="muted">
            {t('dangers.photosReady', { count: photos.length })}
          </p>
        )}
        {send.error !== null && (
          <Alert
            type="error"
            showIcon
            className="notice"
            title={`${t('dangers.notSent')} ${errorText(send.error)}`}
          />
        )}
        <Button type="primary" htmlType="submit" loading={send.isPending}>
          {send.error === null ? t('dangers.send') : t('dangers.sendAgain')}
        </Button>
      </form>
    </>
  )
}
