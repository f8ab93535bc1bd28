import { useNavigate } from '@tanstack/react-router'
import { Button, Input, Segmented } from 'antd'
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { fromLocalInput, toLocalInput } from '../../format/time.ts'
import { useLive } from '../../live/live-context.tsx'
import { spanOf } from './plan-query.ts'
import { isRange, type PointSearch, type RangeName } from './point-search.ts'

export function RangeChoice({ search }: { readonly search: PointSearch }) {
  const { t } = useTranslation()
  const { clock } = useLive()
  const [isChoosing, setChoosing] = useState(false)
  const go = useGo()
  const chosen: RangeName = isChoosing ? 'custom' : (search.range ?? '1h')

  function choose(range: RangeName): void {
    setChoosing(range === 'custom')
    if (range !== 'custom') go({ range })
  }

  return (
    <>
      <Segmented<RangeName>
        aria-label={t('point.range')}
        value={chosen}
        onChange={choose}
        options={[
          { value: '1h', label: t('point.hour') },
          { value: '24h', label: t('point.day') },
          { value: '7d', label: t('point.week') },
          { value: 'custom', label: t('point.custom') },
        ]}
      />
      {chosen === 'custom' && <CustomRange start={spanOf(search, clock.now())} onApply={go} />}
    </>
  )
}

function useGo(): (range: Pick<PointSearch, 'range' | 'from' | 'to'>) => void {
  const navigate = useNavigate({ from: '/points/$gateway/$device/$' })
  return (range) =>
    // A range is a matter of the address; going there cannot fail.
    void navigate({
      search: ({ view }) => ({ ...range, ...(view === undefined ? {} : { view }) }),
      replace: true,
    })
}

type CustomRangeProps = {
  readonly start: { readonly from: number; readonly to: number }
  readonly onApply: (range: { range: 'custom'; from: number; to: number }) => void
}

/** Two instants on the site's clock. */
function CustomRange({ start, onApply }: CustomRangeProps) {
  const { t } = useTranslation()
  const [from, setFrom] = useState(() => toLocalInput(start.from))
  const [to, setTo] = useState(() => toLocalInput(start.to))
  const [isWrong, setWrong] = useState(false)
  const problemId = useId()

  function apply(event: FormEvent): void {
    event.preventDefault()
    const range = { from: fromLocalInput(from) ?? 0, to: fromLocalInput(to) ?? 0 }
    const isFine = isRange(range.from, range.to)
    setWrong(!isFine)
    if (isFine) onApply({ range: 'custom', ...range })
  }

  const problem = isWrong ? problemId : undefined
  return (
    <form className="custom-range" onSubmit={apply} noValidate>
      <InstantField label={t('point.from')} value={from} onChange={setFrom} problem={problem} />
      <InstantField label={t('point.to')} value={to} onChange={setTo} problem={problem} />
      <Button htmlType="submit" type="primary">
        {t('point.apply')}
      </Button>
      {isWrong && (
        <p id={problemId} role="alert" className="field-problem">
          {t('point.badRange')}
        </p>
      )}
    </form>
  )
}

type InstantFieldProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly problem: string | undefined
}

function InstantField({ label, value, onChange, problem }: InstantFieldProps) {
  const id = useId()
  return (
    <span className="instant-field">
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        type="datetime-local"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={problem}
      />
    </span>
  )
}
