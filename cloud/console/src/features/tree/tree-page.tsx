import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Tree } from '#contract/api/tree.ts'
import type { NodeKind } from '#contract/organisation.ts'
import { treeQuery } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { AddButtons } from './add-buttons.tsx'
import { ImportPanel } from './import-panel.tsx'
import { newDraft } from './node-draft.ts'
import { NodeForm } from './node-form.tsx'
import { NodePanel } from './node-panel.tsx'
import { PlacesTree } from './places-tree.tsx'
import { exportUrl } from './tree-api.ts'
import { kindsBelow, modelOf, type TreeModel } from './tree-model.ts'
import '../commissioning/commissioning.css'
import './tree.css'

export function TreePage() {
  const { t } = useTranslation()
  const query = useQuery(treeQuery)
  useTitle(t('tree.title'))
  return (
    <QueryView query={query} skeletonRows={8}>
      {(tree) => <Spaces tree={tree} />}
    </QueryView>
  )
}

function Spaces({ tree }: { readonly tree: Tree }) {
  const { t } = useTranslation()
  const model = useMemo(() => modelOf(tree.nodes), [tree])
  const mayEdit = useMay('organisation.change')
  const [isImporting, setImporting] = useState(false)
  return (
    <>
      <div className="page-head">
        <h1>{t('tree.title')}</h1>
        <div className="filters">
          <Button href={exportUrl('csv')}>{t('tree.exportCsv')}</Button>
          <Button href={exportUrl('yaml')}>{t('tree.exportYaml')}</Button>
          {mayEdit && (
            <Button aria-expanded={isImporting} onClick={() => setImporting(!isImporting)}>
              {t('tree.import')}
            </Button>
          )}
        </div>
      </div>
      {tree.unplacedGateways.length > 0 && (
        <Alert
          type="info"
          showIcon
          className="notice"
          title={t('tree.unplaced', { names: tree.unplacedGateways.join(', ') })}
        />
      )}
      {isImporting && <ImportPanel model={model} onClose={() => setImporting(false)} />}
      <Browse model={model} />
    </>
  )
}

function Browse({ model }: { readonly model: TreeModel }) {
  const { t } = useTranslation()
  const { node: chosen } = useSearch({ from: '/shell/tree' })
  const navigate = useNavigate()
  const mayEdit = useMay('organisation.change')
  const [added, setAdded] = useState<NodeKind>()
  const show = (node: string | undefined): void => {
    setAdded(undefined)
    void navigate({ to: '/tree', search: node === undefined ? {} : { node } })
  }
  const top = mayEdit && <AddButtons label={t('tree.addTop')} kinds={kindsBelow(null)} onAdd={setAdded} />
  const form = added !== undefined && (
    <section className="panel padded" aria-label={t('tree.addTitle')}>
      <NodeForm
        key={added}
        model={model}
        start={newDraft(added, '')}
        onDone={show}
        onCancel={() => setAdded(undefined)}
      />
    </section>
  )
  if (model.nodes.length === 0) {
    return form === false ? (
      <Empty title={t('tree.emptyTitle')} hint={t('tree.emptyHint')}>
        {top}
      </Empty>
    ) : (
      form
    )
  }
  return (
    <div className="tree-layout">
      <div className="tree-side">
        <PlacesTree model={model} chosen={chosen} onChoose={show} />
        {top}
      </div>
      <div className="tree-main">{form === false ? <Chosen {...{ model, chosen, show }} /> : form}</div>
    </div>
  )
}

type ChosenProps = {
  readonly model: TreeModel
  readonly chosen: string | undefined
  readonly show: (node: string | undefined) => void
}

function Chosen({ model, chosen, show }: ChosenProps) {
  const { t } = useTranslation()
  if (chosen === undefined) return <Empty title={t('tree.chooseTitle')} hint={t('tree.chooseHint')} />
  const node = model.byId.get(chosen)
  if (node === undefined) return <Empty title={t('tree.missingTitle')} hint={t('tree.missingHint')} />
  return <NodePanel key={node.id} model={model} node={node} onShow={show} />
}
