import { Button } from 'antd'
import { lazy, Suspense, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '#contract/api/alarms.ts'
import { Loading } from '../../ui/page-states.tsx'
import type { PanelKind } from './act-panel.tsx'
import { AlarmDetail } from './alarm-detail.tsx'
import { AlarmGrid, type GridKey, useCan } from './alarm-grid.tsx'
import { alarmsOf, between, type Row, rowsOf } from './alarm-rows.ts'
import { KeysHelp } from './keys-help.tsx'
import { useActs } from './use-acts.ts'
import { useHeldRows } from './use-held-rows.ts'
import { useInventory } from './use-inventory.ts'

/** Its fields weigh more than the list: they are fetched when somebody first needs one. */
const ActPanel = lazy(() => import('./act-panel.tsx').then((module) => ({ default: module.ActPanel })))

export type AlarmBoardProps = {
  readonly alarms: readonly Alarm[]
  readonly isFlood: boolean
  readonly isOffline: boolean
}

/** The list with the alarm where one is beside it. */
export function AlarmBoard({ alarms, isFlood, isOffline }: AlarmBoardProps) {
  const { t } = useTranslation()
  const acts = useActs()
  const can = useCan()
  const box = useRef<HTMLDivElement>(null)
  const [keysOn, setKeysOn] = useKeysSetting()
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [anchor, setAnchor] = useState<string>()
  const [current, setCurrent] = useState<string>()
  const [panel, setPanel] = useState<PanelKind>()
  const [helps, setHelps] = useState(false)
  const held = useHeldRows(alarms)
  const inventory = useInventory(held.shown)
  const rows = rowsOf(held.shown, { isGrouped: isFlood, open })
  const at = rows.find(({ key }) => key === current) ?? rows[0]
  const chosen = new Set(at === undefined ? [] : between(rows, anchor ?? at.key, at.key))
  const alarm = alarmAt(at)

  function move(key: string, extend: boolean): void {
    setCurrent(key)
    if (!extend) setAnchor(key)
    setPanel(undefined)
  }
  function fold(key: string, isOpen: boolean): void {
    const next = new Set(open)
    if (isOpen) next.add(key)
    else next.delete(key)
    setOpen(next)
  }
  /** What leaves the list leaves its place to the next one, and the focus stays in the grid. */
  async function ackChosen(): Promise<void> {
    const wanted = alarmsOf(rows, chosen).filter((one) => can(one).ack)
    const index = rows.findIndex(({ key }) => key === at?.key)
    const next = rows.slice(index + 1).find(({ key }) => !chosen.has(key)) ?? rows[0]
    await acts.ack(wanted.map(({ id }) => id))
    if (next !== undefined && wanted.length > 0) move(next.key, false)
    focusGrid()
  }
  function focusGrid(): void {
    requestAnimationFrame(() =>
      box.current?.querySelector<HTMLElement>('.alarm-grid [tabindex="0"]')?.focus(),
    )
  }
  function press(key: GridKey): void {
    if (key === 'help') setHelps(!helps)
    else if (isOffline || alarm === undefined) return
    else if (key === 'ack')
      void ackChosen() // failures are shown in the lines
    else if (isPossible(key, can(alarm))) setPanel(key)
  }
  function leavePanel(): void {
    setPanel(undefined)
    focusGrid()
  }
  return (
    <div className="alarm-board" ref={box}>
      <div className="alarm-list" {...held.pointer}>
        <div className="alarm-tools">
          <span className="small muted">{t('alarms.chosen', { count: alarmsOf(rows, chosen).length })}</span>
          {chosen.size > 1 && (
            <Button size="small" disabled={isOffline} onClick={() => void ackChosen()}>
              {t('alarms.ackChosen')}
            </Button>
          )}
          <label className="check small">
            <input
              type="checkbox"
              role="switch"
              checked={keysOn}
              aria-checked={keysOn}
              onChange={({ target }) => setKeysOn(target.checked)}
            />
            {t('alarms.keys.switch')}
          </label>
          <Button size="small" aria-expanded={helps} onClick={() => setHelps(!helps)}>
            {t('alarms.keys.help')}
          </Button>
        </div>
        {helps && <KeysHelp />}
        <div role="status">
          {held.waiting > 0 && (
            <Button block className="alarm-waiting" onClick={held.release}>
              {t('alarms.newOnes', { count: held.waiting })}
            </Button>
          )}
        </div>
        <AlarmGrid
          label={t('alarms.title')}
          {...{ rows, inventory, acts, chosen, isOffline, hasKeys: keysOn, current: at?.key }}
          onMove={move}
          onFold={fold}
          onKey={press}
        />
      </div>
      {alarm !== undefined && (
        <div className="alarm-aside">
          {panel !== undefined && (
            <Suspense fallback={<Loading rows={3} />}>
              <ActPanel
                key={`${alarm.id} ${panel}`}
                kind={panel}
                alarm={alarm}
                acts={acts}
                onClose={leavePanel}
              />
            </Suspense>
          )}
          <AlarmDetail {...{ alarm, inventory, acts, isOffline }} onPanel={setPanel} />
        </div>
      )}
    </div>
  )
}

function alarmAt(row: Row | undefined): Alarm | undefined {
  return row?.kind === 'alarm' ? row.alarm : row?.alarms[0]
}

function isPossible(
  key: Exclude<GridKey, 'ack' | 'help'>,
  can: ReturnType<ReturnType<typeof useCan>>,
): boolean {
  switch (key) {
    case 'shelve':
      return can.shelve
    case 'falseAlarm':
      return can.close
    case 'assign':
      return can.assign
    case 'note':
      return can.comment
  }
}

const setting = 'console.alarm-keys'

/** Of this browser: whether single letters do something (WCAG 2.1.4). */
function useKeysSetting(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => localStorage.getItem(setting) !== 'off')
  return [
    on,
    (wanted) => {
      localStorage.setItem(setting, wanted ? 'on' : 'off')
      setOn(wanted)
    },
  ]
}
