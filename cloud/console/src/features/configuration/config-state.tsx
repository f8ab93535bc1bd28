import { useTranslation } from 'react-i18next'
import type { GatewayConfiguration } from '#contract/api/configuration.ts'
import { Mark, type MarkName } from '../../ui/marks.tsx'

const marks: Readonly<Record<GatewayConfiguration['state'], MarkName>> = {
  none: 'none',
  pending: 'none',
  applying: 'none',
  running: 'normal',
  refused: 'bad',
  'rolled-back': 'bad',
}

/** What became of the newest version, as a shape and in words. */
export function ConfigStateMark({ state }: { readonly state: GatewayConfiguration['state'] }) {
  const { t } = useTranslation()
  return (
    <span className="state">
      <Mark name={marks[state]} />
      {t(`configuration.state.${state}`)}
    </span>
  )
}
