import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { EnrolmentToken } from '#contract/api/enrolment.ts'
import { gatewayKinds } from '#contract/organisation.ts'
import { ApiError } from '../../api/client.ts'
import { keys, treeQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { addGateway } from './enrolment-api.ts'
import { bodyOf, type Draft, emptyDraft } from './gateway-draft.ts'
import { TokenPanel } from './token-panel.tsx'
import '../commissioning/commissioning.css'
import './enrolment.css'

/** A form, and then what to do at the gateway. */
export function AddGateway({ onClose }: { readonly onClose: () => void }) {
  const [token, setToken] = useState<EnrolmentToken>()
  if (token !== undefined) return <TokenPanel token={token} onClose={onClose} />
  return <Form onAdded={setToken} onCancel={onClose} />
}

type FormProps = {
  readonly onAdded: (token: EnrolmentToken) => void
  readonly onCancel: () => void
}

function Form({ onAdded, onCancel }: FormProps) {
  const { t } = useTranslation()
  const heading = useId()
  const [draft, setDraft] = useState(emptyDraft)
  const [isTried, setTried] = useState(false)
  const queries = useQueryClient()
  const add = useMutation({
    mutationFn: addGateway,
    onSuccess: async (token) => {
      onAdded(token)
      await Promise.all(
        [keys.gateways, keys.tree].map((key) => queries.invalidateQueries({ queryKey: [key] })),
      )
    },
  })
  const isTaken = add.error instanceof ApiError && add.error.code === 'CONFLICT'
  const body = bodyOf(draft)
  function change(next: Partial<Draft>): void {
    add.reset()
    setDraft({ ...draft, ...next })
  }
  return (
    <section className="panel padded enrolment-panel" aria-labelledby={heading}>
      <h2 id={heading}>{t('enrolment.add')}</h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (body !== undefined) add.mutate(body)
        }}
      >
        <div className="form-grid">
          <TextField
            label={t('enrolment.id')}
            hint={t('enrolment.idHint')}
            problem={
              isTaken
                ? t('enrolment.idTaken')
                : isTried && body === undefined
                  ? t('enrolment.idWrong')
                  : undefined
            }
            value={draft.id}
            onChange={(id) => change({ id })}
          />
          <TextField
            label={t('enrolment.titleZh')}
            value={draft.titleZh}
            onChange={(titleZh) => change({ titleZh })}
          />
          <TextField
            label={t('enrolment.titleEn')}
            value={draft.titleEn}
            onChange={(titleEn) => change({ titleEn })}
          />
          <Place value={draft.place} onChange={(place) => change({ place })} />
        </div>
        {!isTaken && <RequestProblem error={add.error} />}
        <div className="progress-row">
          <Button type="primary" htmlType="submit" loading={add.isPending}>
            {t('enrolment.addConfirm')}
          </Button>
          <Button onClick={onCancel}>{t('enrolment.cancel')}</Button>
        </div>
      </form>
    </section>
  )
}

type PlaceProps = { readonly value: string; readonly onChange: (place: string) => void }

function Place({ value, onChange }: PlaceProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { data } = useQuery(treeQuery)
  const places = (data?.nodes ?? []).filter(({ kind }) => gatewayKinds.includes(kind))
  return (
    <ChoiceField
      label={t('enrolment.place')}
      hint={t('enrolment.placeHint')}
      value={value}
      onChange={onChange}
      options={[
        { value: '', label: t('enrolment.noPlace') },
        ...places.map(({ id, title }) => ({ value: id, label: `${localText(title, language, id)} · ${id}` })),
      ]}
    />
  )
}
