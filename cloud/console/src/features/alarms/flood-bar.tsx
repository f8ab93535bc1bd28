import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Alarm, AlarmFloods } from '#contract/api/alarms.ts'
import { treeQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { startOf } from './alarm-rows.ts'
import { At, useClock } from './alarm-words.tsx'

export type FloodBarProps = { readonly floods: AlarmFloods['items']; readonly alarms: readonly Alarm[] }

/** Which posts are in flood, how deep, and which alarm was first: the cause is often the oldest one. */
export function FloodBar({ floods, alarms }: FloodBarProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const clock = useClock()
  const nodes = useQuery({ ...treeQuery, enabled: floods.length > 0 }).data?.nodes ?? []
  return (
    <div role="status">
      {floods.map(({ post, since = '', annunciations }) => {
        const title = nodes.find(({ id }) => id === post)?.title
        const first = firstOut(alarms, post, since)
        return (
          <div key={post} className="alarm-flood">
            <strong>
              {t('alarms.flood', {
                post: localText(title, language, post === '' ? t('alarms.noPost') : post),
                count: annunciations,
                since: clock(since),
              })}
            </strong>
            {first !== undefined && (
              <span>
                {t('alarms.firstOut')} <At at={startOf(first)} />{' '}
                {localText(first.title, language, first.rule)}
              </span>
            )}
            <span className="muted">{t('alarms.floodHint')}</span>
          </div>
        )
      })}
    </div>
  )
}

/** The oldest of the flood: what began within ten minutes before it was one. */
function firstOut(alarms: readonly Alarm[], post: string, since: string): Alarm | undefined {
  const from = Date.parse(since) - 600_000
  return alarms
    .filter((alarm) => (alarm.post ?? '') === post && Date.parse(startOf(alarm)) >= from)
    .toSorted((a, b) => startOf(a).localeCompare(startOf(b)))[0]
}
