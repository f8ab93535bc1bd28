import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alarm, AlarmStep, AlarmDetail as Detail } from '#contract/api/alarms.ts'
import { keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { FileButton } from '../../ui/file-button.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import type { PanelKind } from './act-panel.tsx'
import { addPhoto, alarmQuery, photoUrl, tickStep } from './alarm-api.ts'
import { useCan, useRefusalText } from './alarm-grid.tsx'
import {
  At,
  type Inventory,
  PlaceLink,
  StateMark,
  useClock,
  useReasonText,
  useStateWord,
} from './alarm-words.tsx'
import type { Acts } from './use-acts.ts'

export type AlarmDetailProps = {
  readonly alarm: Alarm
  readonly inventory: Inventory
  readonly acts: Acts
  readonly isOffline: boolean
  readonly onPanel: (kind: PanelKind) => void
}

/** The alarm where one is: why, what to do, what can be seen, what has happened. */
export function AlarmDetail(props: AlarmDetailProps) {
  const { alarm, inventory } = props
  const { t } = useTranslation()
  const language = useLanguage()
  const stateWord = useStateWord()
  const reason = useReasonText({ alarm, inventory })
  const query = useQuery(alarmQuery(alarm.id))
  return (
    <section className="panel padded alarm-detail" aria-label={t('alarms.detail')}>
      <h2 className="alarm-detail-title">
        <StateMark alarm={alarm} /> {localText(alarm.title, language, alarm.rule)}
      </h2>
      <p>
        {t(`alarms.priorityName.${alarm.priority}`)} · {stateWord(alarm)}
      </p>
      <p>
        <PlaceLink alarm={alarm} inventory={inventory} />
      </p>
      {reason !== '' && <p>{t('alarms.why', { reason })}</p>}
      {alarm.quiet !== undefined && <p className="muted">{t(`alarms.quietLong.${alarm.quiet}`)}</p>}
      <PendingNote {...props} />
      <ActButtons {...props} />
      <ToDanger alarm={alarm} title={localText(alarm.title, language, alarm.rule)} />
      <QueryView query={query} skeletonRows={4}>
        {(detail) => (
          <>
            <Procedure detail={detail} isOffline={props.isOffline} />
            <Cameras cameras={detail.cameras} />
            <Photos detail={detail} isOffline={props.isOffline} />
            <History steps={detail.history} detail={detail} />
          </>
        )}
      </QueryView>
    </section>
  )
}

function PendingNote({ alarm, acts, isOffline }: AlarmDetailProps) {
  const { t } = useTranslation()
  const can = useCan()(alarm)
  const { pending } = alarm
  if (pending === undefined) return null
  const decide = (approve: boolean) => void acts.act(alarm.id, { act: 'approve', body: { approve } }) // shown in its line
  return (
    <Alert
      type="warning"
      className="notice"
      title={t(`alarms.pending.${pending.what}`, { who: pending.by.displayName, reason: pending.reason })}
      {...(can.approve
        ? {
            action: (
              <span className="alarm-decide">
                <Button size="small" disabled={isOffline} onClick={() => decide(true)}>
                  {t('alarms.approve')}
                </Button>
                <Button size="small" disabled={isOffline} onClick={() => decide(false)}>
                  {t('alarms.decline')}
                </Button>
              </span>
            ),
          }
        : {})}
    />
  )
}

function ActButtons({ alarm, acts, isOffline, onPanel }: AlarmDetailProps) {
  const { t } = useTranslation()
  const can = useCan()(alarm)
  // What becomes of it is shown in the alarm's line.
  const plain = (act: 'ack' | 'unshelve' | 'reset' | 'return-to-service') => () =>
    void acts.act(alarm.id, { act, body: {} })
  const buttons = [
    { is: can.ack, text: t('alarms.ack'), go: plain('ack') },
    { is: can.reset, text: t('alarms.reset'), go: plain('reset') },
    { is: can.unshelve, text: t('alarms.unshelve'), go: plain('unshelve') },
    { is: can.returnToService, text: t('alarms.returnToService'), go: plain('return-to-service') },
    { is: can.close, text: t('alarms.do.falseAlarm'), go: () => onPanel('falseAlarm') },
    { is: can.shelve, text: t('alarms.do.shelve'), go: () => onPanel('shelve') },
    { is: can.assign, text: t('alarms.do.assign'), go: () => onPanel('assign') },
    { is: can.comment, text: t('alarms.do.note'), go: () => onPanel('note') },
    { is: can.close, text: t('alarms.do.close'), go: () => onPanel('close') },
    { is: can.outOfService, text: t('alarms.do.outOfService'), go: () => onPanel('outOfService') },
  ].filter(({ is }) => is)
  if (buttons.length === 0) return null
  return (
    <div className="alarm-buttons">
      {buttons.map(({ text, go }, index) => (
        <Button key={text} disabled={isOffline} onClick={go} {...(index === 0 ? { type: 'primary' } : {})}>
          {text}
        </Button>
      ))}
    </div>
  )
}

/** What is more than an alarm is mended as a hidden danger, with its way back to here. */
function ToDanger({ alarm: { id, place }, title }: { readonly alarm: Alarm; readonly title: string }) {
  const { t } = useTranslation()
  if (!useMay('dangers.handle')) return null
  const search = { alarm: id, title, ...(place === undefined ? {} : { node: place }) }
  return (
    <p>
      <Link to="/dangers/new" search={search}>
        {t('alarms.toDanger')}
      </Link>
    </p>
  )
}

type Part = { readonly detail: Detail; readonly isOffline: boolean }

function Procedure({ detail, isOffline }: Part) {
  const { t } = useTranslation()
  const language = useLanguage()
  const clock = useClock()
  const queries = useQueryClient()
  const refusal = useRefusalText()
  const [error, setError] = useState<unknown>()
  const can = useCan()(detail)
  function tick(step: string, done: boolean): void {
    setError(undefined)
    tickStep(detail.id, step, done)
      .catch(setError)
      .finally(() => void queries.invalidateQueries({ queryKey: [keys.alarms, 'one', detail.id] }))
  }
  return (
    <>
      <h3>{t('alarms.procedure')}</h3>
      <ol className="alarm-procedure">
        {detail.procedure.map(({ id, title, done }) => (
          <li key={id}>
            <label className="check">
              <input
                type="checkbox"
                checked={done !== undefined}
                disabled={!can.comment || isOffline}
                onChange={({ target }) => tick(id, target.checked)}
              />
              {localText(title, language, id)}
            </label>
            {done !== undefined && (
              <span className="muted small">{` ${done.by.displayName} ${clock(done.at)}`}</span>
            )}
          </li>
        ))}
      </ol>
      {error !== undefined && <Alert type="error" title={refusal(error)} />}
    </>
  )
}

function Cameras({ cameras }: { readonly cameras: readonly string[] }) {
  const { t } = useTranslation()
  return (
    <>
      <h3>{t('alarms.cameras')}</h3>
      {cameras.length === 0 ? (
        <p className="muted">{t('alarms.noCameras')}</p>
      ) : (
        <ul className="alarm-cameras">
          {cameras.map((camera) => {
            const [gateway = '', device = ''] = camera.split('/')
            return (
              <li key={camera}>
                <Link to="/devices/$gateway/$device" params={{ gateway, device }}>
                  {camera}
                </Link>
              </li>
            )
          })}
        </ul>
      )}
    </>
  )
}

function Photos({ detail, isOffline }: Part) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const refusal = useRefusalText()
  const [error, setError] = useState<unknown>()
  const can = useCan()(detail)
  function add(file: File): void {
    setError(undefined)
    addPhoto(detail.id, file)
      .catch(setError)
      .finally(() => void queries.invalidateQueries({ queryKey: [keys.alarms, 'one', detail.id] }))
  }
  if (!can.comment && detail.photos.length === 0) return null
  return (
    <>
      <h3>{t('alarms.photos')}</h3>
      <div className="alarm-photos">
        {detail.photos.map(({ digest, by }) => (
          <a key={digest} href={photoUrl(detail.id, digest)} target="_blank" rel="noreferrer">
            <img src={photoUrl(detail.id, digest)} alt={t('alarms.photoBy', { who: by.displayName })} />
          </a>
        ))}
      </div>
      {can.comment && !isOffline && (
        <FileButton accept="image/png,image/jpeg" onChoose={add}>
          {t('alarms.addPhoto')}
        </FileButton>
      )}
      {error !== undefined && <Alert type="error" title={refusal(error)} />}
    </>
  )
}

function History({ steps, detail }: { readonly steps: readonly AlarmStep[]; readonly detail: Detail }) {
  const { t } = useTranslation()
  return (
    <>
      <h3>{t('alarms.history')}</h3>
      {steps.length === 0 && <p className="muted">{t('alarms.noHistory')}</p>}
      <ol className="alarm-history">
        {steps.map((step, index) => (
          <li key={`${step.at} ${index}`}>
            <At at={step.at} /> <HistoryText step={step} detail={detail} />
          </li>
        ))}
      </ol>
    </>
  )
}

function HistoryText({ step, detail }: { readonly step: AlarmStep; readonly detail: Detail }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const clock = useClock()
  const { what, by, note, detail: more } = step
  const extra = (): string => {
    if (more === undefined) return ''
    switch (what) {
      case 'shelved':
        return clock(more)
      case 'escalated':
        return `${t(`alarms.target.${more}`, { defaultValue: more })}`
      case 'closed':
        return `${t(`alarms.outcome.${more}`, { defaultValue: more })}`
      case 'asked':
        return `${t(`alarms.asked.${more}`, { defaultValue: more })}`
      case 'ticked':
      case 'unticked':
        return localText(detail.procedure.find(({ id }) => id === more)?.title, language, more)
      case 'photographed':
        return ''
      default:
        return more
    }
  }
  const parts = [
    by?.displayName ?? '',
    t(`alarms.step.${what}`),
    extra(),
    note === undefined ? '' : `“${note}”`,
  ]
  return <span>{parts.filter(Boolean).join(' ')}</span>
}
