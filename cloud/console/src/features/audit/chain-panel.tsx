import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditChain } from '#contract/api/audit.ts'
import { dateTimeText } from '../../format/time.ts'
import { useErrorText } from '../../ui/page-states.tsx'
import { chainQuery } from './audit-api.ts'

/** Whether the log is as it was written, when somebody wants to know. */
export function ChainPanel() {
  const { t } = useTranslation()
  const errorText = useErrorText()
  const heading = useId()
  const { data, error, isFetching, refetch } = useQuery(chainQuery)
  return (
    <section className="panel padded audit-chain" aria-labelledby={heading}>
      <div>
        <h2 id={heading}>{t('audit.chain')}</h2>
        <div role="status">
          {isFetching ? (
            <p>{t('audit.verifying')}</p>
          ) : error !== null ? (
            <p className="tone-bad">{errorText(error)}</p>
          ) : data === undefined ? (
            <p className="muted">{t('audit.chainHint')}</p>
          ) : (
            <Result chain={data} />
          )}
        </div>
      </div>
      {/* A failure comes back through `error`. */}
      <Button onClick={() => void refetch()} disabled={isFetching}>
        {t('audit.verify')}
      </Button>
    </section>
  )
}

function Result({ chain: { at, rows, head, broken } }: { readonly chain: AuditChain }) {
  const { t } = useTranslation()
  const time = dateTimeText(Date.parse(at))
  return (
    <>
      {broken !== undefined && (
        <p className="tone-bad">
          <strong>{t('audit.broken', { time, seq: broken.seq })}</strong> {t(`audit.kind.${broken.kind}`)}
        </p>
      )}
      {broken === undefined && (
        <p className="tone-good">
          {head === undefined
            ? t('audit.wholeEmpty', { time })
            : t('audit.whole', { time, rows, seq: head.seq })}
        </p>
      )}
      {head !== undefined && (
        <p className="small">
          {broken === undefined ? t('audit.head') : t('audit.lastGood')}{' '}
          <code className="audit-hash">{`${head.seq}:${head.hash}`}</code>{' '}
          {broken === undefined && <span className="muted">{t('audit.headHint')}</span>}
        </p>
      )}
    </>
  )
}
