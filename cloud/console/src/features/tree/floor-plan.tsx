import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { TreeNode } from '#contract/api/tree.ts'
import { keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { FileButton } from '../../ui/file-button.tsx'
import { deletePlan, planUrl, putPlan } from './tree-api.ts'
import { TreeRefusal } from './tree-refusal.tsx'

/** The drawing of a floor. */
export function FloorPlan({ node, name }: { readonly node: TreeNode; readonly name: string }) {
  const { t } = useTranslation()
  const mayEdit = useMay('organisation.change')
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (file: File | null): Promise<unknown> =>
      file === null ? deletePlan(node.id) : putPlan(node.id, file),
    onSuccess: () => queries.invalidateQueries({ queryKey: [keys.tree] }),
  })
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">{t('tree.field.plan')}</h2>
      {node.plan === undefined ? (
        <p className="muted">{t('tree.noPlan')}</p>
      ) : (
        <img
          className="floor-plan panel"
          src={planUrl(node.id, node.plan)}
          alt={t('tree.planOf', { name })}
        />
      )}
      {mayEdit && (
        <div className="file-field">
          <FileButton accept="image/png,image/jpeg" onChoose={(file) => change.mutate(file)}>
            {t('tree.choosePlan')}
          </FileButton>
          {node.plan !== undefined && (
            <Button loading={change.isPending} onClick={() => change.mutate(null)}>
              {t('tree.removePlan')}
            </Button>
          )}
        </div>
      )}
      <TreeRefusal error={change.error} />
    </section>
  )
}
