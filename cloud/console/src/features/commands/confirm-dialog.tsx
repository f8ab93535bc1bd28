import { Button } from 'antd'
import { useEffect, useId, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Fact } from '../../ui/facts.tsx'

export type Question = {
  readonly device: string
  readonly place: string
  readonly point: string
  readonly from: string
  readonly to: string
}

export type ConfirmDialogProps = {
  readonly question: Question
  readonly yes: () => void
  readonly no: () => void
}

/**
 * Says what will happen, at which device and where, before something risky is done. The browser's own dialog: it keeps
 * the focus inside, Escape means no, and it needs no style of its own making, which the security policy forbids.
 */
export function ConfirmDialog({ question, yes, no }: ConfirmDialogProps) {
  const { t } = useTranslation()
  const title = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      className="confirm"
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault()
        no()
      }}
    >
      <h2 id={title}>{t('command.confirm.title')}</h2>
      <p>{t('command.confirm.risk')}</p>
      <dl className="confirm-facts">
        <Fact name={t('command.confirm.device')}>{question.device}</Fact>
        <Fact name={t('command.confirm.place')}>{question.place}</Fact>
        <Fact name={t('command.confirm.point')}>{question.point}</Fact>
        <Fact name={t('command.confirm.change')}>{`${question.from} → ${question.to}`}</Fact>
      </dl>
      <div className="confirm-buttons">
        <Button onClick={no}>{t('command.confirm.no')}</Button>
        <Button type="primary" onClick={yes}>
          {t('command.confirm.yes', { value: question.to })}
        </Button>
      </div>
    </dialog>
  )
}
