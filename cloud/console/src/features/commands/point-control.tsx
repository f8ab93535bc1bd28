import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Device } from '#contract/api/devices.ts'
import type { Point } from '#contract/api/points.ts'
import type { WritableAs } from '#contract/catalogue.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import type { LiveSample } from '../../live/live-store.ts'
import { PointValue } from '../../points/point-value.tsx'
import { useJudged } from '../../points/use-points.ts'
import { useValueWithUnit } from '../../points/use-words.ts'
import { nameInDevice } from '../../points/words.ts'
import { useErrorText } from '../../ui/page-states.tsx'
import { CommandStatus, Submitting } from './command-status.tsx'
import { isOpen } from './command-words.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { controlOf } from './control-of.ts'
import { ControlInput } from './inputs.tsx'
import { requestOf, useGive } from './use-give.ts'

export type PointControlProps = {
  readonly device: Device
  readonly point: Point
  /** Its title, made unmistakable where another control of the device has the same one. */
  readonly name: string
  readonly writable: WritableAs
  /** The newest command to this point. */
  readonly last: IssuedCommand | undefined
  readonly mayWrite: boolean
}

type Value = number | boolean | string

/** One writable point: what it shows, what it can be told, and what became of the last command. */
export function PointControl({ device, point, name, writable, last, mayWrite }: PointControlProps) {
  const { sample, worth } = useJudged(point)
  const give = useGive(point.id)
  const [asked, setAsked] = useState<Value>()
  const shown = worth === 'good' ? (newest(last, sample) ?? undefined) : undefined
  const question = useQuestion(device, { point, name, from: sample?.value ?? null, to: asked })
  const busy = give.isPending || (last !== undefined && isOpen(last))
  const set = (value: Value): void => {
    if (writable.risk === 'high') setAsked(value)
    else give.mutate(requestOf(point.id, { value }))
  }
  return (
    <li className="control panel" data-control={nameInDevice(point.id)}>
      <div className="control-head">
        <span className="control-name">{name}</span>
        <PointValue point={point} />
      </div>
      <ControlInput
        control={controlOf(point, writable, shown !== undefined)}
        {...{ point, name, shown, busy, set }}
        disabled={!mayWrite}
      />
      <div className="control-status" role="status">
        <Told give={give} last={last} point={point} />
      </div>
      {question !== undefined && (
        <ConfirmDialog
          question={question}
          yes={() => {
            if (asked !== undefined) give.mutate(requestOf(point.id, { value: asked, confirm: true }))
            setAsked(undefined)
          }}
          no={() => setAsked(undefined)}
        />
      )}
    </li>
  )
}

/** What the device was read back with is known before the sample of it has come. */
function newest(last: IssuedCommand | undefined, sample: LiveSample | undefined): Value | null | undefined {
  const { state, readBack, finishedAt } = last ?? {}
  const isNewer =
    state === 'done' &&
    finishedAt !== undefined &&
    Date.parse(finishedAt) > (sample?.t ?? Number.NEGATIVE_INFINITY)
  return isNewer && readBack !== undefined ? readBack : sample?.value
}

type ToldProps = {
  readonly give: ReturnType<typeof useGive>
  readonly last: IssuedCommand | undefined
  readonly point: Point
}

function Told({ give, last, point }: ToldProps) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  if (give.isPending) return <Submitting />
  if (give.isError) {
    return (
      <span className="command-status tone-bad">
        {t('command.notTaken', { reason: errorText(give.error) })}
      </span>
    )
  }
  return last === undefined ? null : <CommandStatus command={last} point={point} />
}

type Change = {
  readonly point: Point
  readonly name: string
  readonly from: Value | null
  readonly to: Value | undefined
}

function useQuestion(device: Device, { point, name, from, to }: Change) {
  const { t } = useTranslation()
  const language = useLanguage()
  const valueText = useValueWithUnit()
  if (to === undefined) return undefined
  return {
    device: `${localText(device.title, language, device.id)} (${device.id})`,
    place: localText(device.location, language, t('devices.noLocation')),
    point: name,
    from: valueText(point, from),
    to: valueText(point, to),
  }
}
