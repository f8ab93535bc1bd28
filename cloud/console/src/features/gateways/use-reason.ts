import { useTranslation } from 'react-i18next'

/** Why a gateway dropped something, in words; a reason that is not known is shown as it is. */
export function useReason(): (reason: string) => string {
  const { t } = useTranslation()
  return (reason) => t(`ledger.reason.${reason as 'refused'}`, { defaultValue: reason })
}
