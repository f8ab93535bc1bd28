import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TreeImport } from '#contract/api/tree.ts'
import { keys } from '../../api/queries.ts'
import { FileButton } from '../../ui/file-button.tsx'
import { ChangesTable } from './changes-table.tsx'
import { ProblemsTable } from './problems-table.tsx'
import { importTree, maxFileBytes } from './tree-api.ts'
import type { TreeModel } from './tree-model.ts'
import { TreeRefusal } from './tree-refusal.tsx'

export type ImportPanelProps = { readonly model: TreeModel; readonly onClose: () => void }

/** A file is looked at first; it is applied only as it was shown. */
export function ImportPanel({ model, onClose }: ImportPanelProps) {
  const { t } = useTranslation()
  const [file, setFile] = useState<File>()
  const queries = useQueryClient()
  const check = useMutation({ mutationFn: (chosen: File) => importTree(chosen) })
  const apply = useMutation({
    mutationFn: ({ chosen, digest }: { chosen: File; digest: string }) => importTree(chosen, digest),
    onSuccess: () =>
      Promise.all([keys.tree, keys.devices].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  })
  function choose(chosen: File): void {
    setFile(chosen)
    apply.reset()
    check.reset()
    if (chosen.size <= maxFileBytes) check.mutate(chosen)
  }
  return (
    <section className="panel padded notice" aria-labelledby="import">
      <div className="page-head">
        <h2 id="import" className="tree-heading">
          {t('tree.importTitle')}
        </h2>
        <div className="filters">
          <Button onClick={onClose}>{t('tree.close')}</Button>
        </div>
      </div>
      <p className="muted">{t('tree.importHint')}</p>
      <div className="file-field">
        <FileButton accept=".csv,.yaml,.yml,text/csv,application/yaml" onChoose={choose}>
          {t('tree.file')}
        </FileButton>
        {file !== undefined && <span className="muted">{file.name}</span>}
      </div>
      {file !== undefined && file.size > maxFileBytes && <p role="alert">{t('tree.fileTooLong')}</p>}
      <div role="status">
        {check.isPending && t('tree.checking')}
        {apply.data !== undefined && t('tree.applied', { shown: apply.data.changes.length })}
      </div>
      <TreeRefusal error={check.error ?? apply.error} />
      {file !== undefined && check.data !== undefined && apply.data === undefined && (
        <Checked
          model={model}
          result={check.data}
          isBusy={apply.isPending}
          onApply={({ digest }) => apply.mutate({ chosen: file, digest })}
        />
      )}
    </section>
  )
}

type CheckedProps = {
  readonly model: TreeModel
  readonly result: TreeImport
  readonly isBusy: boolean
  readonly onApply: (result: TreeImport) => void
}

function Checked({ model, result, isBusy, onApply }: CheckedProps) {
  const { t } = useTranslation()
  const { changes, problems } = result
  if (changes.length === 0 && problems.length === 0) return <p>{t('tree.noChange')}</p>
  return (
    <>
      <p className="checked-summary">
        {t('tree.checkedSummary', { changes: changes.length, problems: problems.length })}
      </p>
      {problems.length > 0 && (
        <>
          <Alert type="error" showIcon className="notice" title={t('tree.fixFirst')} />
          <h3>{t('tree.problems')}</h3>
          <ProblemsTable problems={problems} />
        </>
      )}
      {changes.length > 0 && (
        <>
          <h3 className="tree-subheading">{t('tree.changes')}</h3>
          <ChangesTable model={model} changes={changes} />
        </>
      )}
      {problems.length === 0 && (
        <div className="progress-row">
          <Button type="primary" loading={isBusy} onClick={() => onApply(result)}>
            {t('tree.apply', { shown: changes.length })}
          </Button>
        </div>
      )}
    </>
  )
}
