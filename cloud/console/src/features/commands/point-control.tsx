import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Device } from '#contract/api/devices.ts'
import type { Point } from '#contract/api/points.ts'
import type { WritableAs } from '#contract/catalogue.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { PointValue, pointTitle } from '../../points/point-value.tsx'
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
  readonly writable: WritableAs
  /** The newest command to this point. */
  readonly last: IssuedCommand | undefined
  readonly mayWrite: boolean
}

type Value = number | boolean | string

/** One writable point: what it shows, what it can be told, and what became of the last command. */
export function PointControl({ device, point, writable, last, mayWrite }: PointControlProps) {
  const language = useLanguage()
  const { sample, worth } = useJudged(point)
  const give = useGive(point.id)
  const [asked, setAsked] = useState<Value>()
  const name = pointTitle(point, language)
  const shown = worth === 'good' ? (sample?.value ?? undefined) : undefined
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
      <ConfirmDialog
        question={useQuestion(device, point, { from: sample?.value ?? null, to: asked })}
        yes={() => {
          if (asked !== undefined) give.mutate(requestOf(point.id, { value: asked, confirm: true }))
          setAsked(undefined)
        }}
        no={() => setAsked(undefined)}
      />
    </li>
  )
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

type Change = { readonly from: Value | null; readonly to: Value | undefined }

function useQuestion(device: Device, point: Point, { from, to }: Change) {
  const { t } = useTranslation()
  const language = useLanguage()
  const valueText = useValueWithUnit()
  if (to === undefined) return undefined
  return {
    device: `${localText(device.title, language, device.id)} (${device.id})`,
    place: localText(device.location, language, t('devices.noLocation')),
    point: pointTitle(point, language),
    from: valueText(point, from),
    to: valueText(point, to),
  }
}
