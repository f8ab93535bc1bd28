import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import type { TreeNode } from '#contract/api/tree.ts'
import { devicesQuery, keys } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { placeDevice } from './tree-api.ts'
import type { TreeModel } from './tree-model.ts'
import { TreeRefusal } from './tree-refusal.tsx'

export type PlaceDeviceProps = { readonly model: TreeModel; readonly node: TreeNode }

/** Finds a device and puts it here. */
export function PlaceDevice({ model, node }: PlaceDeviceProps) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const q = useDeferredValue(text.trim())
  const query = useQuery({ ...devicesQuery(q === '' ? {} : { q }), refetchInterval: false as const })
  return (
    <section aria-labelledby="place-device">
      <h3 id="place-device" className="tree-subheading">
        {t('tree.place')}
      </h3>
      <div className="form-row">
        <TextField
          label={t('tree.findDevice')}
          placeholder={t('tree.findDeviceHint')}
          value={text}
          onChange={setText}
        />
        <QueryView query={query} skeletonRows={1}>
          {({ items }) => (
            <Found model={model} node={node} devices={items.filter((one) => one.place !== node.id)} />
          )}
        </QueryView>
      </div>
    </section>
  )
}

function Found({ model, node, devices }: PlaceDeviceProps & { readonly devices: readonly Device[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const [chosen, setChosen] = useState('')
  const queries = useQueryClient()
  const put = useMutation({
    mutationFn: (device: string) => placeDevice(device, node.id),
    onSuccess: () =>
      Promise.all([keys.tree, keys.devices].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  })
  const device = devices.find(({ id }) => id === chosen) ?? devices[0]
  if (device === undefined) return <p className="muted">{t('tree.noDeviceFound')}</p>
  const labelOf = ({ id, title, place }: Device): string => {
    const name = `${localText(title, language, id)} · ${id}`
    if (place === undefined) return name
    return `${name} · ${t('tree.standsAt', { place: localText(model.byId.get(place)?.title, language, place) })}`
  }
  return (
    <>
      <ChoiceField
        label={t('tree.device')}
        value={device.id}
        onChange={(id) => {
          put.reset()
          setChosen(id)
        }}
        options={devices.map((one) => ({ value: one.id, label: labelOf(one) }))}
      />
      <Button loading={put.isPending} onClick={() => put.mutate(device.id)}>
        {t('tree.placeHere')}
      </Button>
      <div className="tree-refusal">
        <TreeRefusal error={put.error} />
      </div>
    </>
  )
}
