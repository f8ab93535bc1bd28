import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TreeNode } from '#contract/api/tree.ts'
import type { NodeKind } from '#contract/organisation.ts'
import { keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { AddButtons } from './add-buttons.tsx'
import { FloorPlan } from './floor-plan.tsx'
import { NodeDevices } from './node-devices.tsx'
import { draftOf, newDraft } from './node-draft.ts'
import { NodeFacts } from './node-facts.tsx'
import { NodeForm } from './node-form.tsx'
import { deleteNode } from './tree-api.ts'
import { kindsBelow, pathTo, type TreeModel } from './tree-model.ts'
import { TreeRefusal } from './tree-refusal.tsx'

export type NodePanelProps = {
  readonly model: TreeModel
  readonly node: TreeNode
  readonly onShow: (id: string | undefined) => void
}

/** One place: what is known of it, what may be done with it, the devices there. */
export function NodePanel({ model, node, onShow }: NodePanelProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const mayEdit = useMay('organisation.change')
  const [work, setWork] = useState<'edit' | NodeKind>()
  const name = localText(node.title, language, node.id)
  if (work !== undefined) {
    const title = work === 'edit' ? t('tree.editTitle', { name }) : t('tree.addTitle')
    return (
      <section className="panel padded" aria-label={title}>
        <h2 className="tree-heading">{title}</h2>
        <NodeForm
          model={model}
          start={work === 'edit' ? draftOf(node) : newDraft(work, node.id)}
          was={work === 'edit' ? node : undefined}
          onDone={(id) => {
            setWork(undefined)
            onShow(id)
          }}
          onCancel={() => setWork(undefined)}
        />
      </section>
    )
  }
  return (
    <section aria-labelledby="place">
      <Above model={model} node={node} />
      <div className="page-head">
        <h2 id="place" className="tree-heading">
          {name}
        </h2>
        <span className="muted">{t(`tree.kind.${node.kind}`)}</span>
        {mayEdit && (
          <div className="filters">
            <Button onClick={() => setWork('edit')}>{t('tree.edit')}</Button>
            <DeleteNode node={node} name={name} onDone={() => onShow(node.parent)} />
          </div>
        )}
      </div>
      <NodeFacts node={node} />
      {node.kind === 'floor' && <FloorPlan node={node} name={name} />}
      {mayEdit && <AddButtons label={t('tree.addBelow')} kinds={kindsBelow(node.kind)} onAdd={setWork} />}
      <NodeDevices model={model} node={node} />
    </section>
  )
}

function Above({ model, node }: { readonly model: TreeModel; readonly node: TreeNode }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const above = pathTo(model, node.id).slice(0, -1)
  if (above.length === 0) return null
  return (
    <nav className="crumbs" aria-label={t('tree.path')}>
      {above.map(({ id, title }) => (
        <Link key={id} to="/tree" search={{ node: id }}>
          {localText(title, language, id)}
        </Link>
      ))}
    </nav>
  )
}

type DeleteProps = { readonly node: TreeNode; readonly name: string; readonly onDone: () => void }

function DeleteNode({ node, name, onDone }: DeleteProps) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const queries = useQueryClient()
  const remove = useMutation({
    mutationFn: () => deleteNode(node.id),
    onSuccess: async () => {
      onDone()
      await queries.invalidateQueries({ queryKey: [keys.tree] })
    },
  })
  function close(): void {
    remove.reset()
    setAsking(false)
  }
  return (
    <>
      <Button danger onClick={() => setAsking(true)}>
        {t('tree.delete')}
      </Button>
      {isAsking && (
        <Dialog title={t('tree.deleteTitle', { name })} onCancel={close}>
          <p>{t('tree.deleteText')}</p>
          <TreeRefusal error={remove.error} />
          <div className="confirm-buttons">
            <Button onClick={close}>{t('tree.keep')}</Button>
            <Button type="primary" danger onClick={() => remove.mutate()} loading={remove.isPending}>
              {t('tree.delete')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
