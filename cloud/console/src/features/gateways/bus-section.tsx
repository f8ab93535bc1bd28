import { useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Gateway } from '#contract/api/gateways.ts'
import type { BusReport, BusUnitReport } from '#contract/bus-report.ts'
import type { BusInfo } from '#contract/request.ts'
import { countText, numberText } from '../../format/number.ts'
import { type Language, localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Mark } from '../../ui/marks.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { busesQuery } from '../commissioning/commissioning-api.ts'
import '../commissioning/commissioning.css'

/** How the lines of a gateway are doing, unit by unit, and what to do about it. Asked of the gateway itself. */
export function BusSection({ gateway }: { readonly gateway: Gateway }) {
  const { t } = useTranslation()
  return (
    <section aria-label={t('commissioning.buses')}>
      <h2>{t('commissioning.buses')}</h2>
      <p className="muted">{t('commissioning.busesIntro')}</p>
      {gateway.connected ? <Buses gateway={gateway.id} /> : <p>{t('commissioning.busesAway')}</p>}
    </section>
  )
}

function Buses({ gateway }: { readonly gateway: string }) {
  const { t } = useTranslation()
  const query = useQuery(busesQuery(gateway))
  return (
    <QueryView query={query} skeletonRows={3}>
      {({ items }) =>
        items.length === 0 ? (
          <p>{t('commissioning.noBuses')}</p>
        ) : (
          items.map((bus) => <Bus key={bus.id} bus={bus} />)
        )
      }
    </QueryView>
  )
}

function Bus({ bus }: { readonly bus: BusInfo }) {
  const { t } = useTranslation()
  const { report } = bus
  const isUp = report?.connected === true
  return (
    <>
      <div className="bus-head">
        <h3>{bus.id}</h3>
        <span className="muted">{`${bus.protocol} · ${bus.address}`}</span>
        <span className={`state state-${isUp ? 'normal' : 'offline'}`}>
          <Mark name={isUp ? 'normal' : 'offline'} />
          <span>{isUp ? t('commissioning.busConnected') : t('commissioning.busDown')}</span>
        </span>
      </div>
      {report === undefined ? (
        <p className="muted">{t('commissioning.noReport')}</p>
      ) : (
        <Report report={report} />
      )}
    </>
  )
}

function Report({ report }: { readonly report: BusReport }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { load, requests, timeouts, crcErrors, advice, units } = report
  const percent = (share: number) => numberText(share * 100, language, 1)
  return (
    <>
      <p>
        {t('commissioning.load', { measured: percent(load.measured), planned: percent(load.planned) })}
        <span className="muted">
          {' · '}
          {t('commissioning.busCounts', {
            requests: countText(requests, language),
            timeouts: countText(timeouts, language),
            errors: countText(crcErrors, language),
          })}
        </span>
      </p>
      <ul className="advice" aria-label={t('commissioning.advice')}>
        {advice.length === 0 && <li className="muted">{t('commissioning.allWell')}</li>}
        {advice.map(({ code, unit, text }) => (
          <li key={`${code} ${unit ?? ''}`} className="state state-stale">
            <Mark name="stale" />
            <span>{localText(text, language, code)}</span>
          </li>
        ))}
      </ul>
      {units.length > 0 && (
        <Table
          label={report.bus}
          columns={columnsOf(t, language)}
          rows={units}
          rowKey={({ unit }) => String(unit)}
        />
      )}
    </>
  )
}

const marks = { answers: 'normal', silent: 'offline', unknown: 'none' } as const

function columnsOf(t: TFunction, language: Language): Column<BusUnitReport>[] {
  const count = (value: number) => countText(value, language)
  return [
    { key: 'unit', title: t('commissioning.unit'), head: true, cell: ({ unit }) => unit },
    {
      key: 'state',
      title: t('commissioning.unitState'),
      cell: ({ state }) => (
        <span className={`state state-${marks[state]}`}>
          <Mark name={marks[state]} />
          <span>{t(`commissioning.unit_${state}`)}</span>
        </span>
      ),
    },
    {
      key: 'devices',
      title: t('commissioning.unitDevices'),
      cell: ({ devices }) => devices.join(', ') || '–',
    },
    {
      key: 'roundTrip',
      title: t('commissioning.roundTrip'),
      numeric: true,
      cell: ({ roundTripMs }) =>
        roundTripMs === undefined
          ? '–'
          : t('commissioning.roundTripText', {
              p50: numberText(roundTripMs.p50, language, 1),
              p95: numberText(roundTripMs.p95, language, 1),
            }),
    },
    {
      key: 'timeouts',
      title: t('commissioning.timeouts'),
      numeric: true,
      cell: ({ timeouts }) => count(timeouts),
    },
    {
      key: 'errors',
      title: t('commissioning.errors'),
      numeric: true,
      cell: ({ crcErrors, malformed, exceptions }) => count(crcErrors + malformed + exceptions),
    },
    {
      key: 'share',
      title: t('commissioning.share'),
      numeric: true,
      cell: ({ share }) => `${numberText(share.measured * 100, language, 1)} %`,
    },
  ]
}
