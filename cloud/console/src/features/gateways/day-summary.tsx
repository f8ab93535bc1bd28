import { useTranslation } from 'react-i18next'
import type { LedgerDay } from '#contract/api/ledger.ts'
import { countText } from '../../format/number.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Mark, type MarkName } from '../../ui/marks.tsx'
import { type Finding, findingsOf } from './ledger-day.ts'
import { useReason } from './use-reason.ts'

const marks: Readonly<Record<Finding['kind'], MarkName>> = {
  complete: 'normal',
  nothing: 'none',
  unknown: 'none',
  dropped: 'bad',
  owed: 'stale',
  imbalance: 'bad',
}

/** The day in a sentence, or in one for each loss. */
export function DaySummary({ day }: { readonly day: LedgerDay }) {
  const { t } = useTranslation()
  const text = useFindingText()
  return (
    <section className="panel account" aria-label={t('ledger.summary')} aria-live="polite">
      <ul className="notes day-summary">
        {findingsOf(day).map((finding) => (
          <li key={`${finding.kind} ${'stream' in finding ? finding.stream : ''}`}>
            <span className={`state state-${marks[finding.kind]}`}>
              <Mark name={marks[finding.kind]} />
              <strong>{text(finding)}</strong>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function useFindingText(): (finding: Finding) => string {
  const { t } = useTranslation()
  const language = useLanguage()
  const reasonText = useReason()
  const count = (value: number) => countText(value, language)
  return (finding) => {
    switch (finding.kind) {
      case 'nothing':
        return t('ledger.nothingCame')
      case 'unknown':
        return t('ledger.noRecord')
      case 'complete': {
        const { batches, samples, events } = finding
        return t('ledger.allCame', {
          batches: count(batches),
          samples: count(samples),
          events: count(events),
        })
      }
      case 'dropped': {
        const { stream, ranges, batches, samples, isCounted, reasons } = finding
        const values = {
          stream: t(`ledger.${stream}`),
          ...{ count: ranges, ranges: count(ranges), batches: count(batches), samples: count(samples) },
          reasons: reasons.map(reasonText).join(t('ledger.comma')),
        }
        return isCounted ? t('ledger.lost', values) : t('ledger.lostAtLeast', values)
      }
      case 'owed': {
        const { stream, ranges, batches } = finding
        return t('ledger.stillOwed', {
          stream: t(`ledger.${stream}`),
          ...{ count: ranges, ranges: count(ranges), batches: count(batches) },
        })
      }
      case 'imbalance':
        return t('ledger.imbalance', { stream: t(`ledger.${finding.stream}`) })
    }
  }
}
