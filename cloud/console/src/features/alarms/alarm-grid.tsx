/* biome-ignore-all lint/a11y/useSemanticElements: a table displayed as blocks has no role of its own */
/* biome-ignore-all lint/a11y/useFocusableInteractive: of a grid the line has the focus, its cells have none */
import { Button } from 'antd'
import { type KeyboardEvent, type MouseEvent, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { actionsOf, type Can } from '#contract/alarm-life.ts'
import type { Alarm } from '#contract/api/alarms.ts'
import { ApiError } from '../../api/client.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { PriorityMark } from '../../ui/marks.tsx'
import { useErrorText } from '../../ui/page-states.tsx'
import { type AlarmRow, type GroupRow, type Row, subjectOf } from './alarm-rows.ts'
import {
  At,
  type Inventory,
  StateMark,
  useClock,
  usePlaceText,
  useReasonText,
  useStateWord,
} from './alarm-words.tsx'
import type { Acts, Outcome } from './use-acts.ts'

export type GridKey = 'ack' | 'shelve' | 'falseAlarm' | 'assign' | 'note' | 'help'

export type AlarmGridProps = {
  readonly label: string
  readonly rows: readonly Row[]
  readonly inventory: Inventory
  readonly acts: Acts
  /** The line where one is, and all that are chosen with it. */
  readonly current: string | undefined
  readonly chosen: ReadonlySet<string>
  readonly isOffline: boolean
  readonly hasKeys: boolean
  readonly onMove: (key: string, extend: boolean) => void
  readonly onFold: (key: string, isOpen: boolean) => void
  readonly onKey: (key: GridKey) => void
}

const letters: Readonly<Record<string, GridKey>> = {
  enter: 'ack',
  s: 'shelve',
  f: 'falseAlarm',
  a: 'assign',
  n: 'note',
  '?': 'help',
}

/** To which line a key leads; `undefined` for a key that leads nowhere. */
function stepOf(key: string, index: number, count: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    Home: 0,
    End: count - 1,
    PageDown: index + 10,
    PageUp: index - 10,
  }
  return steps[key]
}

/**
 * The list as a grid for the keyboard. Letters count only while the grid has the focus, and can be switched off (WCAG 2.1.4);
 * the line where one is stays mounted, so that the focus is never lost.
 */
export function AlarmGrid(props: AlarmGridProps) {
  const { label, rows, current, chosen, hasKeys, onMove, onFold, onKey } = props
  const box = useRef<HTMLDivElement>(null)
  /** Where a key or the pointer leads: its focus is no choice of its own. */
  const moving = useRef<string>(undefined)
  const inTabOrder = rows.some(({ key }) => key === current) ? current : rows[0]?.key

  function focus(index: number, extend: boolean): void {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (row === undefined) return
    moving.current = row.key
    onMove(row.key, extend)
    const line = box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(row.key)}"]`)
    line?.focus()
    line?.scrollIntoView({ block: 'nearest' })
  }

  /** True when the key meant something. */
  function walk(key: string, extend: boolean): boolean {
    const index = rows.findIndex((row) => row.key === inTabOrder)
    const row = rows[index]
    const to = stepOf(key, index, rows.length)
    if (to !== undefined) focus(to, extend)
    else if (row?.kind === 'group' && (key === 'ArrowRight' || key === 'ArrowLeft'))
      onFold(row.key, key === 'ArrowRight')
    else return false
    return true
  }
  function press(event: KeyboardEvent<HTMLDivElement>): void {
    const { key, shiftKey, ctrlKey, altKey, metaKey } = event
    if (ctrlKey || altKey || metaKey || (event.target as Element).closest('button') !== null) return
    const letter = hasKeys ? letters[key.toLowerCase()] : undefined
    if (letter !== undefined) onKey(letter)
    else if (!walk(key, shiftKey)) return
    event.preventDefault()
  }

  return (
    <div
      role="grid"
      className="panel alarm-grid"
      aria-label={label}
      aria-multiselectable="true"
      aria-rowcount={rows.length}
      ref={box}
      onKeyDown={press}
    >
      {rows.map((row, index) => {
        const line = {
          index,
          isCurrent: row.key === inTabOrder,
          isChosen: chosen.has(row.key),
          onClick: (event: MouseEvent) => onMove(row.key, event.shiftKey),
          onPointerDown: () => {
            moving.current = row.key
          },
          // A screen reader goes to a line by itself.
          onFocus: () => {
            if (moving.current !== row.key) onMove(row.key, false)
            moving.current = undefined
          },
        }
        return row.kind === 'group' ? (
          <GroupLine key={row.key} row={row} {...line} {...props} />
        ) : (
          <AlarmLine key={row.key} row={row} {...line} {...props} />
        )
      })}
    </div>
  )
}

type Line = AlarmGridProps & {
  readonly index: number
  readonly isCurrent: boolean
  readonly isChosen: boolean
  readonly onClick: (event: MouseEvent) => void
  readonly onPointerDown: () => void
  readonly onFocus: () => void
}

function lineAttributes(line: Line, key: string) {
  const { index, isCurrent, isChosen, onClick, onPointerDown, onFocus } = line
  return {
    role: 'row',
    'aria-rowindex': index + 1,
    'aria-selected': isChosen,
    'data-key': key,
    tabIndex: isCurrent ? 0 : -1,
    ...{ onClick, onPointerDown, onFocus },
  } as const
}

function AlarmLine({ row, ...line }: Line & { readonly row: AlarmRow }) {
  const { alarm } = row
  const { t } = useTranslation()
  const language = useLanguage()
  const stateWord = useStateWord()
  const about = { alarm, inventory: line.inventory }
  const [place, reason] = [usePlaceText(about), useReasonText(about)]
  const outcome = line.acts.outcomes.get(alarm.id)
  return (
    <div
      {...lineAttributes(line, row.key)}
      className={`alarm-line${row.isInGroup ? ' alarm-in-group' : ''}`}
      data-priority={alarm.priority}
    >
      <div role="gridcell" className="alarm-cell-mark">
        <StateMark alarm={alarm} />
        <span className="sr">{t(`alarms.priorityName.${alarm.priority}`)}</span>
      </div>
      <div role="gridcell" className="alarm-cell-what">
        <p>
          <strong>{localText(alarm.title, language, alarm.rule)}</strong>{' '}
          <span className="alarm-word">{stateWord(alarm)}</span> <Badges alarm={alarm} />
        </p>
        <p className="muted small">
          <At at={alarm.raisedAt ?? alarm.clearedAt ?? alarm.receivedAt} /> · {place}
          {reason !== '' && ` · ${reason}`}
        </p>
        <OutcomeText outcome={outcome} />
      </div>
      <div role="gridcell" className="alarm-cell-act">
        <AckButton alarm={alarm} isOffline={line.isOffline} acts={line.acts} outcome={outcome} />
      </div>
    </div>
  )
}

function Badges({ alarm }: { readonly alarm: Alarm }) {
  const { t } = useTranslation()
  return (
    <>
      {alarm.count > 1 && <span className="alarm-badge">×{alarm.count}</span>}
      {alarm.lifeSafety && <span className="alarm-badge alarm-badge-life">{t('alarms.lifeSafety')}</span>}
      {alarm.chattering && <span className="alarm-badge">{t('alarms.chattering')}</span>}
      {alarm.escalations > 0 && (
        <span className="alarm-badge">{t('alarms.escalated', { n: alarm.escalations })}</span>
      )}
      {alarm.quiet !== undefined && <span className="alarm-badge">{t(`alarms.quiet.${alarm.quiet}`)}</span>}
      {alarm.assigned !== undefined && (
        <span className="alarm-badge">{t('alarms.assignedTo', { who: alarm.assigned.displayName })}</span>
      )}
      {alarm.pending !== undefined && <span className="alarm-badge">{t('alarms.waits')}</span>}
    </>
  )
}

/** Who was first is news and no error; what failed stays until it is tried again. */
function OutcomeText({ outcome }: { readonly outcome: Outcome | undefined }) {
  const { t } = useTranslation()
  const clock = useClock()
  const refusal = useRefusalText()
  if (outcome === undefined || outcome.kind === 'sending') return null
  if (outcome.kind === 'first')
    return (
      <p className="small alarm-first" role="status">
        {t('alarms.first', { who: outcome.by.displayName, at: clock(outcome.at) })}
      </p>
    )
  return (
    <p className="small alarm-failed" role="alert">
      {refusal(outcome.error)}
    </p>
  )
}

export function useRefusalText(): (error: unknown) => string {
  const { t } = useTranslation()
  const errorText = useErrorText()
  return (error) => {
    const reason =
      error instanceof ApiError ? (error.details as { reason?: string } | undefined)?.reason : undefined
    return reason === undefined
      ? errorText(error)
      : `${t(`alarms.refusal.${reason}`, { defaultValue: errorText(error) })}`
  }
}

type AckProps = {
  readonly alarm: Alarm
  readonly acts: Acts
  readonly isOffline: boolean
  readonly outcome: Outcome | undefined
}

function AckButton({ alarm, acts, isOffline, outcome }: AckProps) {
  const { t } = useTranslation()
  const can = useCan()
  if (outcome?.kind === 'sending') return <span className="small">{t('alarms.sending')}</span>
  if (!can(alarm).ack) return null
  return (
    <Button
      size="small"
      tabIndex={-1}
      className="alarm-ack"
      disabled={isOffline}
      onClick={(event) => {
        event.stopPropagation()
        void acts.ack([alarm.id]) // its failure is shown in the line
      }}
    >
      {outcome?.kind === 'failed' ? t('alarms.retry') : t('alarms.ack')}
    </Button>
  )
}

/** What the server says, or, for what came over the live stream, what follows from the alarm and the reader's permissions. */
export function useCan(): (alarm: Alarm) => Can {
  const may = { handle: useMay('alarms.handle'), approve: useMay('alarms.approve') }
  return (alarm) => alarm.can ?? actionsOf(subjectOf(alarm), may)
}

function GroupLine({ row, ...line }: Line & { readonly row: GroupRow }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { root, alarms, priority, isOpen } = row
  const [first] = alarms
  const title =
    root === undefined
      ? localText(row.title, language, row.key)
      : t(`alarms.root.${root.kind}`, { name: localText(root.title, language, root.id) })
  return (
    <div {...lineAttributes(line, row.key)} className="alarm-line alarm-group" data-priority={priority}>
      <div role="gridcell" className="alarm-cell-mark">
        <PriorityMark priority={priority} />
        <span className="sr">{t(`alarms.priorityName.${priority}`)}</span>
      </div>
      <div role="gridcell" className="alarm-cell-what">
        <p>
          <strong>{title}</strong> <span className="alarm-badge">×{alarms.length}</span>
        </p>
        <p className="muted small">
          <At at={first?.raisedAt} /> · {t('alarms.groupHint', { count: alarms.length })}
        </p>
      </div>
      <div role="gridcell" className="alarm-cell-act">
        <Button
          size="small"
          tabIndex={-1}
          aria-expanded={isOpen}
          onClick={() => line.onFold(row.key, !isOpen)}
        >
          {isOpen ? t('alarms.fold') : t('alarms.unfold')}
        </Button>
      </div>
    </div>
  )
}
