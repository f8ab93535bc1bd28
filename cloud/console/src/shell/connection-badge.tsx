import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../live/connection.ts'
import { useConnection, useEverySecond } from '../live/use-point.ts'

const shapes: Readonly<Record<Connection['state'], string>> = {
  connecting: 'M2.5 8a5.5 5.5 0 0 1 5.5-5.5',
  live: 'M3 8.5 6.5 12 13 4.5',
  stalled: 'M5.5 3.5v9M10.5 3.5v9',
  down: 'm4 4 8 8m0-8-8 8',
}

function useConnectionText({ state, since }: Connection): string {
  const { t } = useTranslation()
  const seconds = useEverySecond(() => Math.max(0, Math.floor((Date.now() - since) / 1000)))
  return t(`connection.${state}`, { seconds })
}

/** Always on screen: whether what the page shows is being kept up to date, and since when not. */
export function ConnectionBadge() {
  const connection = useConnection()
  const text = useConnectionText(connection)
  return (
    <span className={`connection connection-${connection.state}`} data-state={connection.state}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path
          d={shapes[connection.state]}
          fill="none"
          stroke="currentColor"
          strokeWidth="2.2"
          strokeLinecap="round"
        />
      </svg>
      {text}
    </span>
  )
}

/** What the badge means for the page, in words, while it is not live. */
export function ConnectionNotice() {
  const { t } = useTranslation()
  const { state, newBuild } = useConnection()
  return (
    <>
      <div role="status">
        {state === 'down' && <Alert banner type="warning" title={t('connection.downNotice')} />}
        {state === 'stalled' && <Alert banner type="warning" title={t('connection.stalledNotice')} />}
      </div>
      {newBuild && (
        <Alert
          banner
          type="info"
          title={t('connection.newBuild')}
          action={
            <Button size="small" onClick={() => window.location.reload()}>
              {t('connection.reload')}
            </Button>
          }
        />
      )}
      <ClockNotice />
    </>
  )
}

/** A PC whose clock is off gets told: other programs on it show wrong times. */
function ClockNotice() {
  const { t } = useTranslation()
  const seconds = useEverySecond((now) => Math.round(Math.abs(now - Date.now()) / 1000))
  if (seconds < 5) return null
  return <Alert banner type="info" title={t('app.clockOff', { seconds })} />
}
