import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Grant } from '#contract/api/session.ts'
import { type Role, roles } from '#contract/permissions.ts'
import { treeQuery } from '../../api/queries.ts'
import { sessionQuery } from '../../api/session.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { modelOf, pathTo, type TreeModel } from '../tree/tree-model.ts'
import { giveable } from './giveable.ts'
import { useGrantText } from './grant-chip.tsx'

export type GrantsEditorProps = {
  readonly grants: readonly Grant[]
  readonly onChange: (grants: readonly Grant[]) => void
}

/** Roles at places: those that are there can be taken away, others are added. */
export function GrantsEditor({ grants, onChange }: GrantsEditorProps) {
  const { t } = useTranslation()
  const textOf = useGrantText()
  const nodes = useQuery(treeQuery).data?.nodes
  const model = useMemo(() => modelOf(nodes ?? []), [nodes])
  return (
    <fieldset className="grants">
      <legend>{t('users.roles')}</legend>
      {grants.length === 0 && <p className="muted">{t('users.noRoleYet')}</p>}
      <ul className="chips">
        {grants.map((grant) => (
          <li key={`${grant.role} ${grant.node ?? ''}`} className="chip">
            {textOf(grant)}
            <button
              type="button"
              className="chip-remove"
              aria-label={t('users.takeAway', { role: textOf(grant) })}
              onClick={() => onChange(grants.filter((one) => one !== grant))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      <AddGrant model={model} grants={grants} onAdd={(grant) => onChange([...grants, grant])} />
    </fieldset>
  )
}

type AddGrantProps = {
  readonly model: TreeModel
  readonly grants: readonly Grant[]
  readonly onAdd: (grant: Grant) => void
}

/** More would be no help: one types a little more. */
const maxPlaces = 50
const everywhereKey = '*'

function AddGrant({ model, grants, onAdd }: AddGrantProps) {
  const { t } = useTranslation()
  const own = useQuery(sessionQuery).data?.user.grants ?? []
  const [role, setRole] = useState<Role>('guard')
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState('')
  const places = usePlaces(model, own, text)
  // What was searched for is meant; without a search nobody gets a whole bureau by a slip.
  const fallback = text.trim() === '' ? undefined : places[0]
  const place = places.find(({ value }) => value === chosen) ?? fallback
  const grant: Grant | undefined = place && {
    role,
    ...(place.value === everywhereKey ? {} : { node: place.value }),
  }
  const isThere = grants.some((one) => one.role === grant?.role && one.node === grant.node)
  return (
    <div className="form-row">
      <ChoiceField
        label={t('users.role')}
        value={role}
        // Only words of the list can be chosen.
        onChange={(next) => setRole(next as Role)}
        options={roles.map((one) => ({ value: one, label: t(`role.${one}`) }))}
      />
      <TextField
        label={t('users.findPlace')}
        placeholder={t('users.findPlaceHint')}
        value={text}
        onChange={setText}
      />
      {places.length === 0 ? (
        <p className="muted">{t('users.noPlace')}</p>
      ) : (
        <ChoiceField
          label={t('users.place')}
          value={place?.value ?? ''}
          onChange={setChosen}
          options={[{ value: '', label: t('users.choose') }, ...places]}
        />
      )}
      <Button
        disabled={grant === undefined || isThere}
        onClick={() => {
          if (grant !== undefined) onAdd(grant)
        }}
      >
        {t('users.addRole')}
      </Button>
    </div>
  )
}

function usePlaces(
  model: TreeModel,
  own: readonly Grant[],
  text: string,
): { value: string; label: string }[] {
  const { t } = useTranslation()
  const language = useLanguage()
  return useMemo(() => {
    const { everywhere, nodes } = giveable(own, model)
    const wanted = text.trim().toLowerCase()
    const labelOf = (id: string) =>
      pathTo(model, id)
        .map((node) => localText(node.title, language, node.id))
        .join(' / ')
    const found = nodes
      .map((id) => ({ value: id, label: labelOf(id) }))
      .filter(({ value, label }) => `${value} ${label}`.toLowerCase().includes(wanted))
      .slice(0, maxPlaces)
    return everywhere && wanted === ''
      ? [...found, { value: everywhereKey, label: t('users.everywhere') }]
      : found
  }, [model, own, text, language, t])
}
