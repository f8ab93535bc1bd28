import { useTranslation } from 'react-i18next'
import type { DroppedRange, LedgerStream } from '#contract/api/ledger.ts'
import { countText } from '../../format/number.ts'
import { dateTimeText } from '../../format/time.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Mark, type MarkName } from '../../ui/marks.tsx'
import { accountOf, rangesText, runsOf } from './ledger-account.ts'
import { useReason } from './use-reason.ts'

/** The newest run of the gateway open, the earlier ones folded away; those that lost or owe something first. */
export function LedgerView({ streams }: { readonly streams: readonly LedgerStream[] }) {
  const { t } = useTranslation()
  const { newest, earlier } = runsOf(streams)
  return (
    <div className="ledger">
      {newest.map((stream) => (
        <StreamAccount key={`${stream.stream} ${stream.epoch}`} stream={stream} />
      ))}
      {earlier.length > 0 && (
        <details className="panel">
          <summary>{t('ledger.older', { runs: new Set(earlier.map(({ epoch }) => epoch)).size })}</summary>
          {earlier.map((stream) => (
            <StreamAccount key={`${stream.stream} ${stream.epoch}`} stream={stream} />
          ))}
        </details>
      )}
    </div>
  )
}

function StreamAccount({ stream }: { readonly stream: LedgerStream }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const account = accountOf(stream)
  const figures = [
    { name: t('ledger.produced'), value: account.produced },
    { name: t('ledger.received'), value: account.received },
    { name: t('ledger.dropped'), value: account.dropped },
    { name: t('ledger.owed'), value: account.owed },
  ]
  return (
    <section className="panel account">
      <h3>
        {t(`ledger.${stream.stream}`)}
        <span className="muted">
          {' '}
          · {t('ledger.run', { time: dateTimeText(Date.parse(stream.startedAt)) })}
        </span>
      </h3>
      <dl className="figures">
        {figures.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{t('ledger.batches', { count: value, shown: countText(value, language) })}</dd>
          </div>
        ))}
      </dl>
      <ul className="notes">
        {account.owed === 0 && account.dropped === 0 && <Note mark="normal" text={t('ledger.complete')} />}
        {account.owed > 0 && <Owed stream={stream} />}
        {stream.dropped.map((range) => (
          <Dropped key={range.firstSeq} range={range} />
        ))}
      </ul>
    </section>
  )
}

function Note({ mark, text }: { readonly mark: MarkName; readonly text: string }) {
  return (
    <li className={`state state-${mark}`}>
      <Mark name={mark} />
      <span>{text}</span>
    </li>
  )
}

function Owed({ stream }: { readonly stream: LedgerStream }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { text, more } = rangesText(stream.owed, (count) => countText(count, language))
  const ranges = more > 0 ? `${text} ${t('ledger.moreRanges', { count: more })}` : text
  return <Note mark="stale" text={t('ledger.owedText', { ranges })} />
}

/** Which batches are lost for ever, how much was in them, why, and when it was measured. */
function Dropped({ range }: { readonly range: DroppedRange }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const reasonText = useReason()
  const { firstSeq, lastSeq, samples, from, to } = range
  const values = {
    first: countText(firstSeq, language),
    last: countText(lastSeq, language),
    samples: countText(samples, language),
    reason: reasonText(range.reason),
  }
  const what = firstSeq === lastSeq ? t('ledger.droppedOne', values) : t('ledger.droppedText', values)
  const span =
    from === undefined || to === undefined
      ? ''
      : t('ledger.droppedSpan', { from: dateTimeText(Date.parse(from)), to: dateTimeText(Date.parse(to)) })
  return <Note mark="bad" text={span === '' ? what : `${what} · ${span}`} />
}
