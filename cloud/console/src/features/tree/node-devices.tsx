import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import type { TreeNode } from '#contract/api/tree.ts'
import { cameraCategory, isPrivateRoom } from '#contract/organisation.ts'
import { devicesQuery, keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useTopics } from '../../live/use-point.ts'
import { DeviceStateMark } from '../../points/device-state-mark.tsx'
import { useSeed } from '../../points/use-points.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { categoryText } from '../devices/category.ts'
import { PlaceDevice } from './place-device.tsx'
import { placeDevice } from './tree-api.ts'
import type { TreeModel } from './tree-model.ts'
import { TreeRefusal } from './tree-refusal.tsx'

export type NodeDevicesProps = { readonly model: TreeModel; readonly node: TreeNode }

/** The devices that stand exactly here. */
export function NodeDevices({ model, node }: NodeDevicesProps) {
  const { t } = useTranslation()
  const query = useQuery(devicesQuery({ place: node.id }))
  const mayEdit = useMay('organisation.change')
  const below = model.devicesBelow.get(node.id) ?? 0
  return (
    <section aria-labelledby="devices-here">
      <h2 id="devices-here">{t('tree.devices')}</h2>
      {below > node.devices && <p className="muted">{t('tree.devicesBelow', { shown: below })}</p>}
      <QueryView query={query} skeletonRows={3}>
        {({ items, nextCursor }) => (
          <>
            {isPrivateRoom(node.roomType) && items.some(({ category }) => category === cameraCategory) && (
              <Alert type="error" showIcon role="alert" className="notice" title={t('tree.cameraHere')} />
            )}
            {items.length === 0 ? (
              <p className="muted">{t('tree.noDevices')}</p>
            ) : (
              <DevicesHere devices={items} />
            )}
            {nextCursor !== undefined && (
              <p className="muted small">{t('tree.moreDevices', { shown: items.length })}</p>
            )}
          </>
        )}
      </QueryView>
      {mayEdit && <PlaceDevice model={model} node={node} />}
    </section>
  )
}

function DevicesHere({ devices }: { readonly devices: readonly Device[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const mayEdit = useMay('organisation.change')
  const queries = useQueryClient()
  useTopics(devices.map(({ id }) => `points:${id}`))
  useSeed(devices.flatMap(({ points }) => points))
  const take = useMutation({
    mutationFn: (device: string) => placeDevice(device, null),
    onSuccess: () =>
      Promise.all([keys.tree, keys.devices].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
  })
  const columns: Column<Device>[] = [
    { key: 'device', title: t('tree.device'), head: true, cell: (device) => <DeviceLink device={device} /> },
    { key: 'state', title: t('devices.state'), cell: (device) => <DeviceStateMark device={device} /> },
    { key: 'type', title: t('devices.type'), cell: ({ category }) => categoryText(t, category) },
  ]
  const action: Column<Device> = {
    key: 'action',
    title: t('tree.action'),
    cell: ({ id, title }) => (
      <Button
        size="small"
        aria-label={t('tree.takeAwayNamed', { name: localText(title, language, id) })}
        loading={take.isPending && take.variables === id}
        onClick={() => take.mutate(id)}
      >
        {t('tree.takeAway')}
      </Button>
    ),
  }
  return (
    <>
      <TreeRefusal error={take.error} />
      <Table
        label={t('tree.devices')}
        columns={mayEdit ? [...columns, action] : columns}
        rows={devices}
        rowKey={({ id }) => id}
      />
    </>
  )
}

export function DeviceLink({ device }: { readonly device: Device }) {
  const language = useLanguage()
  const [gateway = '', id = ''] = device.id.split('/')
  return (
    <>
      <Link to="/devices/$gateway/$device" params={{ gateway, device: id }} className="row-link">
        {localText(device.title, language, id)}
      </Link>
      <span className="id">{device.id}</span>
    </>
  )
}
