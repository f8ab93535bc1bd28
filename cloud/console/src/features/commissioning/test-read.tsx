import { useMutation } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { DeviceDraft, Identity, ProbedPoint } from '#contract/request.ts'
import { probeDevice } from './commissioning-api.ts'
import { ProbeTable } from './probe-table.tsx'
import { RequestProblem } from './problems.tsx'

export type TestReadProps = {
  readonly gateway: string
  readonly device: DeviceDraft
  readonly isReady: boolean
  readonly confirmed: readonly string[]
  readonly onConfirm: (points: readonly string[]) => void
  readonly onVariant: (variant: string) => void
  readonly onError: (error: unknown) => void
}

/** Reads the device once, before it is added; changes nothing anywhere. */
export function TestRead(props: TestReadProps) {
  const { gateway, device, isReady, confirmed, onConfirm, onVariant, onError } = props
  const { t } = useTranslation()
  const probe = useMutation({
    mutationFn: () => probeDevice(gateway, device),
    onSuccess: () => onError(null),
    onError,
  })
  return (
    <>
      <div className="progress-row">
        <Button onClick={() => probe.mutate()} loading={probe.isPending} disabled={!isReady}>
          {probe.data === undefined ? t('commissioning.read') : t('commissioning.readAgain')}
        </Button>
        <span className="muted" role="status">
          {probe.isPending ? t('commissioning.reading') : isReady ? '' : t('commissioning.fillFirst')}
        </span>
      </div>
      <RequestProblem error={probe.error} />
      {probe.data !== undefined && (
        <>
          <Fits identity={probe.data.identity} onVariant={onVariant} />
          <Summary points={probe.data.points} />
          <ProbeTable probe={probe.data} confirmed={confirmed} onConfirm={onConfirm} />
        </>
      )}
    </>
  )
}

type FitsProps = Pick<TestReadProps, 'onVariant'> & { readonly identity: Identity | undefined }

function Fits({ identity, onVariant }: FitsProps) {
  const { t } = useTranslation()
  if (identity === undefined) return null
  const { fits, text, variant } = identity
  return (
    <Alert
      type={fits ? 'success' : 'error'}
      showIcon
      className="notice"
      title={fits ? t('commissioning.fits') : t('commissioning.misfit')}
      description={
        <>
          {!fits && <p>{text}</p>}
          {variant !== undefined && !fits && (
            <Button size="small" onClick={() => onVariant(variant)}>
              {t('commissioning.takeVariant', { variant })}
            </Button>
          )}
        </>
      }
    />
  )
}

function Summary({ points }: { readonly points: readonly ProbedPoint[] }) {
  const { t } = useTranslation()
  const good = points.filter(({ quality }) => quality === 'good').length
  if (good > 0) return <p role="status">{t('commissioning.summary', { good, count: points.length })}</p>
  return <Alert type="warning" showIcon className="notice" title={t('commissioning.nothingGood')} />
}
