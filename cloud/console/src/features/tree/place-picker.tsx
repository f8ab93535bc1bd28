import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { TreeNode } from '#contract/api/tree.ts'
import { treeQuery } from '../../api/queries.ts'
import { type Language, localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { modelOf, pathTo, type TreeModel } from './tree-model.ts'

export type PlacePickerProps = {
  /** Id of a place; empty: none yet. */
  readonly value: string
  readonly onChange: (node: string) => void
  readonly problem?: string | undefined
}

/** More than a person reads; typing narrows it. */
const most = 50

/** A place found by part of its name or of the way to it. */
export function PlacePicker({ value, onChange, problem }: PlacePickerProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const query = useQuery(treeQuery)
  const [text, setText] = useState('')
  return (
    <QueryView query={query} skeletonRows={1}>
      {({ nodes }) => {
        const model = modelOf(nodes)
        const options = nodes
          .map(({ id }) => ({ value: id, label: placeName(model, id, language) }))
          .filter(
            ({ value: id, label }) => id === value || label.toLowerCase().includes(text.trim().toLowerCase()),
          )
        return (
          <div className="form-row">
            {nodes.length > most && (
              <TextField
                label={t('place.find')}
                value={text}
                onChange={setText}
                placeholder={t('place.findHint')}
              />
            )}
            <ChoiceField
              label={t('place.label')}
              value={value}
              onChange={onChange}
              problem={problem}
              hint={options.length > most ? t('place.more', { count: options.length - most }) : undefined}
              options={[{ value: '', label: t('place.choose') }, ...options.slice(0, most)]}
            />
          </div>
        )
      }}
    </QueryView>
  )
}

/** The way to a place in words. */
export function placeName(model: TreeModel, id: string, language: Language): string {
  const path = pathTo(model, id)
  return path.length === 0
    ? id
    : path.map((node: TreeNode) => localText(node.title, language, node.id)).join(' / ')
}

/** The same for a page that shows places and need not wait for them. */
export function usePlaceName(): (id: string) => string {
  const language = useLanguage()
  const nodes = useQuery(treeQuery).data?.nodes
  const model = nodes && modelOf(nodes)
  return (id) => (model === undefined ? id : placeName(model, id, language))
}
