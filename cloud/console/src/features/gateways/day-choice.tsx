import { Button, Input } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addSiteDays, rangeOfSiteDay } from '#contract/site-day.ts'

export type DayChoiceProps = {
  readonly day: string
  readonly today: string
  readonly onChoose: (day: string) => void
}

/** A year that is being typed is a date of the first centuries for a moment. */
const firstDay = '2020-01-01'

/** A day on the site's clock, up to today. */
export function DayChoice({ day, today, onChoose }: DayChoiceProps) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState({ of: day, text: day })

  function type(text: string): void {
    const isDay = rangeOfSiteDay(text) !== undefined && text >= firstDay && text <= today
    setDraft({ of: isDay ? text : day, text })
    if (isDay && text !== day) onChoose(text)
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms, and its legend cannot stand in a row
    <div className="filters" role="group" aria-label={t('ledger.day')}>
      <Button
        aria-label={t('ledger.previousDay')}
        onClick={() => onChoose(addSiteDays(day, -1))}
        disabled={day <= firstDay}
      >
        ‹
      </Button>
      <Input
        type="date"
        className="day-input"
        aria-label={t('ledger.day')}
        min={firstDay}
        max={today}
        value={draft.of === day ? draft.text : day}
        onChange={(event) => type(event.target.value)}
      />
      <Button
        aria-label={t('ledger.nextDay')}
        onClick={() => onChoose(addSiteDays(day, 1))}
        disabled={day >= today}
      >
        ›
      </Button>
      <Button onClick={() => onChoose(today)} disabled={day === today}>
        {t('ledger.today')}
      </Button>
    </div>
  )
}
