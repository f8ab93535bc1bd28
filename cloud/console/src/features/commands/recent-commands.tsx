import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Point } from '#contract/api/points.ts'
import { instantText } from '../../format/time.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { pointTitle } from '../../points/point-value.tsx'
import { useValueWithUnit } from '../../points/use-words.ts'
import { nameInDevice } from '../../points/words.ts'
import { type Column, Table } from '../../ui/table.tsx'
import { CommandStatus } from './command-status.tsx'

type Row = { readonly command: IssuedCommand; readonly point: Point | undefined }
export type RecentCommandsProps = {
  readonly commands: readonly IssuedCommand[]
  readonly points: readonly Point[]
}

const most = 10

/** Who set what, when, and what became of it. */
export function RecentCommands({ commands, points }: RecentCommandsProps) {
  const { t } = useTranslation()
  if (commands.length === 0) return <p className="panel padded muted">{t('command.none')}</p>
  const rows = commands
    .slice(0, most)
    .map((command) => ({ command, point: points.find(({ id }) => id === command.point) }))
  return (
    <Table
      label={t('command.recent')}
      columns={columnsOf(t)}
      rows={rows}
      rowKey={({ command }) => command.id}
    />
  )
}

function columnsOf(t: TFunction): Column<Row>[] {
  return [
    { key: 'what', title: t('command.what'), head: true, cell: (row) => <What {...row} /> },
    { key: 'result', title: t('command.result'), cell: (row) => <Result {...row} /> },
    {
      key: 'who',
      title: t('command.who'),
      cell: ({ command }) => command.by.displayName || command.by.username,
    },
    { key: 'when', title: t('command.when'), cell: ({ command }) => <When at={command.createdAt} /> },
  ]
}

function What({ command, point }: Row) {
  const language = useLanguage()
  const valueText = useValueWithUnit()
  const name = point === undefined ? nameInDevice(command.point) : pointTitle(point, language)
  return <span>{`${name} → ${valueText(unitOf(command, point), command.value)}`}</span>
}

function Result({ command, point }: Row) {
  return <CommandStatus command={command} point={unitOf(command, point)} />
}

function When({ at }: { readonly at: string }) {
  const text = useEverySecond((now) => instantText(Date.parse(at), now))
  return <time dateTime={at}>{text}</time>
}

/** A point that is gone has no unit any more. */
function unitOf(command: IssuedCommand, point: Point | undefined): Pick<Point, 'id' | 'unit'> {
  return point ?? { id: command.point, unit: '1' }
}
