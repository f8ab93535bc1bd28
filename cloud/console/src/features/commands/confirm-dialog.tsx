import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../../ui/dialog.tsx'
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

/** Says what will happen, at which device and where, before something risky is done. */
export function ConfirmDialog({ question, yes, no }: ConfirmDialogProps) {
  const { t } = useTranslation()
  return (
    <Dialog title={t('command.confirm.title')} onCancel={no}>
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
    </Dialog>
  )
}
