import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { Mark } from '../ui/marks.tsx'
import type { DeviceState } from './judge.ts'
import { useDeviceState } from './use-points.ts'

export function DeviceStateMark({ device }: { readonly device: Device }) {
  const stateText = useStateText()
  const state = useDeviceState(device)
  return (
    <span className={`state state-${state.state}`} data-state={state.state}>
      <Mark name={state.state === 'away' ? 'offline' : state.state} />
      <span>{stateText(state)}</span>
    </span>
  )
}

function useStateText(): (state: DeviceState) => string {
  const { t } = useTranslation()
  return ({ state, count, of }) => {
    if (state === 'bad' && count < of) return t('state.badOf', { count, of })
    if (state === 'stale' && count < of) return t('state.staleOf', { count, of })
    return t(`state.${state}`)
  }
}
