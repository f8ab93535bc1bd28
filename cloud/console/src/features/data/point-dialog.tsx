import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DataPoint, DataPointPatch } from '#contract/api/data-catalogue.ts'
import { type DataClass, dataClasses, dataClassNames, sourceStates } from '#contract/data-classes.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Fact } from '../../ui/facts.tsx'
import { ChoiceField } from '../commissioning/form-field.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { PlacePicker } from '../tree/place-picker.tsx'
import { dataKey, patchPoint } from './data-api.ts'

/** Class, owner, and whether it is the one source of its room. */
export function PointDialog({ point, onDone }: { readonly point: DataPoint; readonly onDone: () => void }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const queries = useQueryClient()
  const [dataClass, setDataClass] = useState<string>(point.classBy === 'point' ? point.dataClass : '')
  const [owner, setOwner] = useState(point.owner?.chosen ? point.owner.node : '')
  const save = useMutation({
    mutationFn: (body: DataPointPatch) => patchPoint(point.id, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [dataKey] })
      onDone()
    },
  })

  function submit(event: FormEvent): void {
    event.preventDefault()
    save.mutate({
      dataClass: dataClass === '' ? null : (dataClass as DataClass),
      owner: owner === '' ? null : owner,
    })
  }

  return (
    <Dialog title={localText(point.title, language, point.id)} onCancel={onDone}>
      <dl className="confirm-facts">
        <Fact name={t('assets.id')}>{point.id}</Fact>
        <Fact name={t('data.oneSource')}>
          {localText(sourceStates[point.sourceState], language, point.sourceState)}
        </Fact>
        {point.rivals.length > 0 && (
          <Fact name={t('data.rivals')}>
            {point.rivals.map((rival) => (
              <span key={rival} className="data-rival">
                {rival}
              </span>
            ))}
          </Fact>
        )}
      </dl>
      {point.rivals.length > 0 && point.sourceState !== 'primary' && (
        <Button
          className="data-primary"
          onClick={() => save.mutate({ primary: true })}
          loading={save.isPending}
        >
          {t('data.makePrimary')}
        </Button>
      )}
      <form onSubmit={submit} noValidate>
        <ChoiceField
          label={t('data.class')}
          value={dataClass}
          onChange={setDataClass}
          options={[
            { value: '', label: t('data.byRule') },
            ...dataClassNames.map((value) => ({
              value,
              label: localText(dataClasses[value], language, value),
            })),
          ]}
        />
        <h3 className="data-owner">{t('data.owner')}</h3>
        <p className="muted small">{t('data.ownerHint')}</p>
        <PlacePicker value={owner} onChange={setOwner} />
        <RequestProblem error={save.error} />
        <div className="confirm-buttons">
          <Button onClick={onDone}>{t('assets.cancel')}</Button>
          <Button type="primary" htmlType="submit" loading={save.isPending}>
            {t('assets.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
