import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useId, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { EnrolmentToken } from '#contract/api/enrolment.ts'
import { gatewayQuery } from '../../api/queries.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Connected } from '../gateways/connected.tsx'
import { enrolmentQuery } from './enrolment-api.ts'
import { countdownText } from './gateway-draft.ts'
import { useCopy } from './use-copy.ts'
import './enrolment.css'

export type TokenPanelProps = { readonly token: EnrolmentToken; readonly onClose: () => void }

/** What to do at the gateway, with the one-time token in it; and how far it has got. */
export function TokenPanel({ token, onClose }: TokenPanelProps) {
  const { t } = useTranslation()
  const heading = useId()
  return (
    <section className="panel padded enrolment-panel" aria-labelledby={heading}>
      <h2 id={heading}>{t('enrolment.tokenTitle', { id: token.id })}</h2>
      <ol className="steps">
        <li>
          {t('enrolment.stepConfig')}
          <CopyField
            label={t('enrolment.configLabel')}
            text={`gateway: { id: ${token.id} }\ncloud: { url: "${token.url}" }`}
          />
        </li>
        <li>
          {t('enrolment.stepEnrol')}
          <CopyField
            label={t('enrolment.codeLabel')}
            text={`npm run start:gateway -- --config gateway.yaml --enrol ${token.code}`}
          />
          <p className="muted">{t('enrolment.onlyOnce')}</p>
        </li>
        <li>{t('enrolment.stepStart')}</li>
      </ol>
      {token.caFingerprint !== undefined && (
        <p className="muted small fingerprint">
          {t('enrolment.fingerprint')} <code>{token.caFingerprint}</code>
        </p>
      )}
      <Progress token={token} />
      <div className="progress-row">
        <Button onClick={onClose}>{t('enrolment.close')}</Button>
        <Link to="/gateways/$gateway" params={{ gateway: token.id }}>
          {t('enrolment.toGateway')}
        </Link>
      </div>
    </section>
  )
}

function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  const { t } = useTranslation()
  const field = useRef<HTMLTextAreaElement>(null)
  const [copied, copy] = useCopy(field)
  return (
    <div className="copy-field">
      <textarea
        ref={field}
        readOnly
        aria-label={label}
        value={text}
        rows={text.split('\n').length > 1 ? 2 : 4}
        spellCheck={false}
        onFocus={({ target }) => target.select()}
      />
      <Button onClick={copy} aria-label={t('enrolment.copyWhat', { what: label })}>
        {copied === 'yes' ? t('enrolment.copied') : t('enrolment.copy')}
      </Button>
      <span role="status" className="small muted">
        {copied === 'failed' ? t('enrolment.copyFailed') : ''}
      </span>
    </div>
  )
}

/** Waiting, enrolled, connected: one after the other, while somebody looks on. */
function Progress({ token }: { readonly token: EnrolmentToken }) {
  const { t } = useTranslation()
  const { data: gateway } = useQuery(gatewayQuery(token.id))
  const { data: enrolment } = useQuery(enrolmentQuery(token.id, gateway?.connected ?? false))
  const left = useEverySecond((now) => countdownText(Date.parse(token.expiresAt) - now))
  const isOver = useEverySecond((now) => now >= Date.parse(token.expiresAt))
  const isUsed = enrolment?.token?.usedAt !== undefined && enrolment.token.expiresAt === token.expiresAt
  return (
    <p className="token-progress" aria-live="polite">
      {isUsed ? (
        <strong>{t('enrolment.used')}</strong>
      ) : (
        <strong>{isOver ? t('enrolment.over') : t('enrolment.waiting')}</strong>
      )}
      {!isUsed && !isOver && (
        <span className="muted" aria-live="off">
          {t('enrolment.left', { left })}
        </span>
      )}
      {gateway !== undefined && <Connected gateway={gateway} />}
    </p>
  )
}
