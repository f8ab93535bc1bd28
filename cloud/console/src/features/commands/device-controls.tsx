import { useQuery } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Device } from '#contract/api/devices.ts'
import type { Point } from '#contract/api/points.ts'
import { sessionQuery } from '../../api/session.ts'
import { useMay } from '../../api/use-may.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useTopics } from '../../live/use-point.ts'
import { pointTitle } from '../../points/point-value.tsx'
import { nameInDevice } from '../../points/words.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { commandsQuery } from './commands-query.ts'
import { PointControl } from './point-control.tsx'
import { RecentCommands } from './recent-commands.tsx'
import { lifeS } from './use-give.ts'

/** A gateway of sixty-four lamps is not drawn at once. */
const firstShown = 24

/** Everything on the device's page that sets something, and who has set what. Nothing for a device that only measures. */
export function DeviceControls({ device }: { readonly device: Device }) {
  const { t } = useTranslation()
  useTopics(['commands'])
  const query = useQuery(commandsQuery(device.id))
  const writable = device.points.filter(
    (point) => point.writable !== undefined && point.removedAt === undefined,
  )
  if (writable.length === 0) return null
  return (
    <>
      <h2>{t('command.controls')}</h2>
      <Notices device={device} />
      <Controls device={device} commands={query.data?.items ?? []} />
      <h2>{t('command.recent')}</h2>
      <QueryView query={query} skeletonRows={3}>
        {({ items }) => <RecentCommands commands={items} points={device.points} />}
      </QueryView>
    </>
  )
}

type ControlsProps = { readonly device: Device; readonly commands: readonly IssuedCommand[] }

function Controls({ device, commands }: ControlsProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const mayWrite = useMay('commands.give')
  const isAdmin = useQuery(sessionQuery).data?.user.grants.some(({ role }) => role === 'admin') ?? false
  const [all, setAll] = useState(false)
  const controls = device.points.flatMap((point) =>
    point.writable === undefined || point.removedAt !== undefined
      ? []
      : [{ point, writable: point.writable }],
  )
  const titles = controls.map(({ point }) => pointTitle(point, language))
  const nameOf = (point: Point): string => {
    const title = pointTitle(point, language)
    const isAlone = titles.filter((one) => one === title).length === 1
    return isAlone ? title : `${title} (${nameInDevice(point.id)})`
  }
  return (
    <>
      <ul className="controls">
        {controls.slice(0, all ? undefined : firstShown).map(({ point, writable }) => (
          <PointControl
            key={point.id}
            {...{ device, point, writable }}
            name={nameOf(point)}
            last={commands.find((command) => command.point === point.id)}
            mayWrite={writable.role === 'admin' ? isAdmin : mayWrite}
          />
        ))}
      </ul>
      {!all && controls.length > firstShown && (
        <div className="list-end">
          <Button onClick={() => setAll(true)}>{t('command.showAll', { count: controls.length })}</Button>
        </div>
      )}
    </>
  )
}

/** Why a command would not be carried out now. */
function Notices({ device }: { readonly device: Device }) {
  const { t } = useTranslation()
  const role = useQuery(sessionQuery).data?.user.role
  const mayNot = !useMay('commands.give') && role !== undefined
  return (
    <>
      {mayNot && (
        <Alert
          type="info"
          showIcon
          className="notice"
          title={t('command.mayNot', { role: t(`role.${role}`) })}
        />
      )}
      {!mayNot && device.link.state === 'down' && (
        <Alert
          type="warning"
          showIcon
          className="notice"
          title={t('command.deviceAway', { seconds: lifeS })}
        />
      )}
    </>
  )
}
