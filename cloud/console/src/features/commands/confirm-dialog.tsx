import { Modal } from 'antd'
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
  readonly question: Question | undefined
  readonly yes: () => void
  readonly no: () => void
}

/** Says what will happen, at which device and where, before something risky is done. */
export function ConfirmDialog({ question, yes, no }: ConfirmDialogProps) {
  const { t } = useTranslation()
  return (
    <Modal
      open={question !== undefined}
      title={t('command.confirm.title')}
      okText={t('command.confirm.yes', { value: question?.to ?? '' })}
      okButtonProps={{ danger: true }}
      cancelText={t('command.confirm.no')}
      onOk={yes}
      onCancel={no}
      width={440}
      destroyOnHidden
    >
      <p>{t('command.confirm.risk')}</p>
      {question !== undefined && (
        <dl className="confirm-facts">
          <Fact name={t('command.confirm.device')}>{question.device}</Fact>
          <Fact name={t('command.confirm.place')}>{question.place}</Fact>
          <Fact name={t('command.confirm.point')}>{question.point}</Fact>
          <Fact name={t('command.confirm.change')}>{`${question.from} → ${question.to}`}</Fact>
        </dl>
      )}
    </Modal>
  )
}
