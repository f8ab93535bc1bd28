import type { QualityFigure, QualityFigureName } from '#contract/api/alarms.ts'
import { isChattering } from './chatter.ts'
import { floodMs } from './flood.ts'

/** People were called for it: A or D → B, the thing that is counted (EEMUA 191 counts what an operator is told). */
export type Annunciation = { readonly at: number; readonly key: string; readonly priority: number }
/** How long one occurrence was on. */
export type Span = {
  readonly key: string
  readonly raisedAt: number
  readonly clearedAt: number | undefined
  readonly ackedAt: number | undefined
}

export type QualityInput = {
  readonly from: number
  readonly to: number
  /** Back to one flood window before `from`. */
  readonly annunciations: readonly Annunciation[]
  readonly spans: readonly Span[]
  /** Put aside for longer or for other alarms than one person may, without a second one. */
  readonly unauthorised: number
}

const minuteMs = 60_000
const tenMinutesMs = 600_000
const hourMs = 3_600_000
const dayMs = 86_400_000
/** On for longer is stale (M-h); cleared within this without anybody and not again at once is fleeting (V). */
const staleMs = dayMs
const fleetingMs = 10_000

const eemua = 'EEMUA 191 / ISA-18.2'
type Kind = { readonly kind: 'atMost' | 'about'; readonly value: number }
type Target = Kind & { readonly verified: 'V' | 'M-h' }

const targets: Readonly<Partial<Record<QualityFigureName, Target>>> = {
  perTenMinutes: { kind: 'atMost', value: 1, verified: 'V' },
  perHour: { kind: 'atMost', value: 5, verified: 'V' },
  perDay: { kind: 'atMost', value: 120, verified: 'V' },
  peakHour: { kind: 'atMost', value: 15, verified: 'V' },
  peakMinute: { kind: 'atMost', value: 2, verified: 'V' },
  floodShare: { kind: 'atMost', value: 0.01, verified: 'M-h' },
  busyHourShare: { kind: 'atMost', value: 0.01, verified: 'M-h' },
  busyTenMinuteShare: { kind: 'atMost', value: 0.01, verified: 'M-h' },
  priority1Share: { kind: 'atMost', value: 0.01, verified: 'V' },
  priority2Share: { kind: 'about', value: 0.05, verified: 'V' },
  priority3Share: { kind: 'about', value: 0.15, verified: 'V' },
  priority4Share: { kind: 'about', value: 0.8, verified: 'V' },
  topTenShare: { kind: 'atMost', value: 0.05, verified: 'M-h' },
  chattering: { kind: 'atMost', value: 0, verified: 'V' },
  stale: { kind: 'atMost', value: 4, verified: 'M-h' },
  unauthorised: { kind: 'atMost', value: 0, verified: 'M-h' },
}
/** What is "about" a share: half of it more or less. */
const about = 0.5

/** Fewer annunciations than this have no shares that could be judged; the number is ours. */
const fewest = 20
const sharesOfAll: readonly QualityFigureName[] = [
  'priority1Share',
  'priority2Share',
  'priority3Share',
  'priority4Share',
  'topTenShare',
]

/** The figures of one duty post. Pure. */
export function qualityOf(input: QualityInput): QualityFigure[] {
  const { from, to, annunciations, spans, unauthorised } = input
  const inside = annunciations.filter(({ at }) => at >= from && at < to)
  const times = inside.map(({ at }) => at)
  const total = inside.length
  const per = (ms: number) => (total * ms) / (to - from)
  const share = (priority: number) => ratio(inside.filter((one) => one.priority === priority).length, total)
  const figures = [
    count('annunciations', total),
    count('perTenMinutes', per(tenMinutesMs)),
    count('perHour', per(hourMs)),
    count('perDay', per(dayMs)),
    count('peakHour', Math.max(0, ...counts(times, hourMs).values())),
    count('peakMinute', Math.max(0, ...counts(times, minuteMs).values())),
    rate(
      'floodShare',
      floodMs(
        annunciations.map(({ at }) => at),
        from,
        to,
      ) /
        (to - from),
    ),
    rate('busyHourShare', busyShare(times, hourMs, 30, to - from)),
    rate('busyTenMinuteShare', busyShare(times, tenMinutesMs, 10, to - from)),
    rate('priority1Share', share(1)),
    rate('priority2Share', share(2)),
    rate('priority3Share', share(3)),
    rate('priority4Share', share(4)),
    rate('topTenShare', topShare(inside, 10)),
    count('chattering', chatteringKeys(inside).length),
    count('fleeting', fleeting(spans, from, to)),
    count('stale', mostStale(spans, from, to)),
    count('unauthorised', unauthorised),
  ]
  return total < fewest ? figures.map(withoutVerdict) : figures
}

/** A share of a few says nothing about the way alarms are set. Pure. */
function withoutVerdict(figure: QualityFigure): QualityFigure {
  if (!sharesOfAll.includes(figure.name)) return figure
  const { isMet: _, ...rest } = figure
  return rest
}

/** Sources that chattered, by their key. Pure. */
export function chatteringKeys(annunciations: readonly Annunciation[]): string[] {
  return [...Map.groupBy(annunciations, ({ key }) => key)].flatMap(([key, some]) => {
    const times = some.map(({ at }) => at).sort((a, b) => a - b)
    return times.some((_, i) => isChattering(times.slice(i, i + 3))) ? [key] : []
  })
}

/** The busiest sources, the worst first. Pure. */
export function worstKeys(annunciations: readonly Annunciation[], most: number) {
  return [...Map.groupBy(annunciations, ({ key }) => key)]
    .map(([key, some]) => ({ key, count: some.length }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
    .slice(0, most)
}

function topShare(annunciations: readonly Annunciation[], most: number): number | undefined {
  const top = worstKeys(annunciations, most).reduce((sum, one) => sum + one.count, 0)
  return ratio(top, annunciations.length)
}

/** Short and over without anybody, and not there again within a minute. */
function fleeting(spans: readonly Span[], from: number, to: number): number {
  let found = 0
  for (const some of Map.groupBy(spans, ({ key }) => key).values()) {
    const sorted = some.toSorted((a, b) => a.raisedAt - b.raisedAt)
    for (const [i, { raisedAt, clearedAt, ackedAt }] of sorted.entries()) {
      if (raisedAt < from || raisedAt >= to || clearedAt === undefined) continue
      const again = sorted[i + 1]?.raisedAt ?? Number.POSITIVE_INFINITY
      const isAlone = again - clearedAt > minuteMs
      const isUntouched = ackedAt === undefined || ackedAt >= clearedAt
      if (clearedAt - raisedAt <= fleetingMs && isAlone && isUntouched) found++
    }
  }
  return found
}

/** The most that were stale at the end of any day of the range. */
function mostStale(spans: readonly Span[], from: number, to: number): number {
  let most = 0
  for (let at = Math.min(from + dayMs, to); ; at = Math.min(at + dayMs, to)) {
    const stale = spans.filter(
      ({ raisedAt, clearedAt = Number.POSITIVE_INFINITY }) => raisedAt <= at - staleMs && clearedAt > at,
    )
    most = Math.max(most, stale.length)
    if (at === to) return most
  }
}

function counts(times: readonly number[], ms: number): Map<number, number> {
  const found = new Map<number, number>()
  for (const at of times) {
    const bucket = Math.floor(at / ms)
    found.set(bucket, (found.get(bucket) ?? 0) + 1)
  }
  return found
}

function busyShare(times: readonly number[], ms: number, limit: number, totalMs: number): number {
  const busy = [...counts(times, ms).values()].filter((some) => some > limit).length
  return Math.min(1, (busy * ms) / totalMs)
}

function ratio(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole
}

const count = (name: QualityFigureName, value: number) => figure(name, value, 'count')
const rate = (name: QualityFigureName, value: number | undefined) => figure(name, value, 'ratio')

function figure(name: QualityFigureName, value: number | undefined, unit: 'count' | 'ratio'): QualityFigure {
  const target = targets[name]
  return {
    ...{ name, unit },
    ...(value === undefined ? {} : { value: Number(value.toPrecision(6)) }),
    ...(target === undefined
      ? {}
      : {
          target: { kind: target.kind, value: target.value },
          source: { document: eemua, verified: target.verified },
          ...(value === undefined ? {} : { isMet: isMet(value, target) }),
        }),
  }
}

function isMet(value: number, { kind, value: target }: Target): boolean {
  return kind === 'atMost' ? value <= target : Math.abs(value - target) <= target * about
}
