import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Asset, AssetPatch } from '#contract/api/assets.ts'
import { handFieldNames, handFields, sharedFieldNames, sharedFields } from '#contract/assets.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import '../commissioning/commissioning.css'
import { FormField } from '../commissioning/form-field.tsx'
import { problemAt, RequestProblem } from '../commissioning/problems.tsx'
import { changedFields, type FormValues, isReported, valuesOf } from './asset-values.ts'
import { assetsKey, patchAsset } from './assets-api.ts'

const names = { ...sharedFields, ...handFields }
const fields = [...sharedFieldNames, ...handFieldNames] as const
const days: ReadonlySet<string> = new Set(['installedOn', 'warrantyUntil'])

/** What people write down. What is reported stands beside the field that it wins over. */
export function AssetForm({ asset }: { readonly asset: Asset }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const queries = useQueryClient()
  const [values, setValues] = useState<FormValues>(() => valuesOf(asset))
  const patch = changedFields(asset, values)
  const save = useMutation({
    mutationFn: (body: AssetPatch) => patchAsset(asset.id, body),
    onSuccess: () => queries.invalidateQueries({ queryKey: [assetsKey] }),
  })

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (patch !== undefined) save.mutate(patch)
  }

  return (
    <details className="panel asset-form">
      <summary>{t('assets.edit')}</summary>
      <form onSubmit={submit} noValidate>
        <p className="muted">{t('assets.editHint')}</p>
        <div className="form-grid">
          {fields.map((field) => (
            <FormField
              key={field}
              label={localText(names[field], language, field)}
              problem={problemAt(save.error, `body/${field}`)}
              hint={
                isReported(asset, field)
                  ? t('assets.reported', { value: asset[field as keyof Asset] as string })
                  : undefined
              }
            >
              {(attributes) => (
                <Input
                  {...attributes}
                  type={days.has(field) ? 'date' : 'text'}
                  value={values[field] ?? ''}
                  maxLength={field === 'notes' ? 2000 : 200}
                  onChange={(event) => setValues({ ...values, [field]: event.target.value })}
                />
              )}
            </FormField>
          ))}
        </div>
        <RequestProblem error={save.error} />
        <Button type="primary" htmlType="submit" disabled={patch === undefined} loading={save.isPending}>
          {t('assets.save')}
        </Button>
      </form>
    </details>
  )
}
