import { sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AlarmQuality } from '#contract/api/alarms.ts'
import type { LocalText } from '#contract/text.ts'
import { floodWindowMs } from './flood.ts'
import { type Annunciation, chatteringKeys, qualityOf, type Span, worstKeys } from './quality.ts'
import { aloneMinutes } from './shelf-time.ts'
import { type Acked, keyName, parsed } from './stored-alarm.ts'

export type QualitySearch = {
  readonly from: number
  readonly to: number
  readonly node: string | undefined
  readonly nodes: readonly string[] | undefined
}

const place = sql<string | null>`coalesce(d.place, g.place)`
const worstShown = 10

/** The figures of each duty post that has alarms or is a campus in view. A post is a campus; what stands nowhere is one, too. */
export async function alarmQuality(db: Database, search: QualitySearch): Promise<AlarmQuality['posts']> {
  const posts = await postsOf(db, search)
  const [called, spans, unauthorised] = [
    await calledFor(db, search),
    await spansOf(db, search),
    await unauthorisedOf(db, search),
  ]
  const byPost = <T extends { readonly post: string }>(rows: readonly T[]) =>
    Map.groupBy(rows, ({ post }) => post)
  const [calledAt, spansAt, wrongAt] = [byPost(called), byPost(spans), byPost(unauthorised)]
  const names = new Set([...posts.keys(), ...calledAt.keys(), ...spansAt.keys()])
  return [...names].sort().map((post) => {
    const annunciations = calledAt.get(post) ?? []
    const inside = annunciations.filter(({ at }) => at >= search.from && at < search.to)
    const chattering = new Set(chatteringKeys(inside))
    const sources = new Map(inside.map((one) => [one.key, one]))
    return {
      post,
      title: posts.get(post) ?? {},
      figures: qualityOf({
        ...{ from: search.from, to: search.to, annunciations },
        spans: spansAt.get(post) ?? [],
        unauthorised: wrongAt.get(post)?.length ?? 0,
      }),
      worst: worstKeys(inside, worstShown).flatMap(({ key, count }) => {
        const source = sources.get(key)
        if (source === undefined) return []
        const { gateway, rule, point, title } = source
        const id = point === '' ? gateway : `${gateway}/${point}`
        return [
          { gateway, rule, point: id, title, annunciations: count, chattering: Number(chattering.has(key)) },
        ]
      }),
    }
  })
}

type Called = Annunciation & {
  readonly post: string
  readonly gateway: string
  readonly rule: string
  readonly point: string
  readonly title: LocalText
}

async function postsOf(db: Database, { node, nodes }: QualitySearch): Promise<Map<string, LocalText>> {
  let query = db.selectFrom('tree_nodes').select(['id', 'title_zh', 'title_en']).where('kind', '=', 'campus')
  if (node !== undefined) query = query.where(placeIn(sql.ref('id'), [node]))
  if (nodes !== undefined) query = query.where(placeIn(sql.ref('id'), nodes))
  const rows = await query.execute()
  return new Map(rows.map(({ id, title_zh, title_en }) => [id, textOf(title_zh, title_en)]))
}

async function calledFor(db: Database, search: QualitySearch): Promise<Called[]> {
  const rows = await scoped(db, search)
    .innerJoin('alarm_history as h', (join) =>
      join.onRef('h.gateway', '=', 'e.gateway').onRef('h.occurrence', '=', 'e.occurrence'),
    )
    .select(['h.at', 'e.gateway', 'e.rule', 'e.point', 'e.priority', 'e.title_zh', 'e.title_en'])
    .where('h.counted', '=', 1)
    .where('h.at', '>=', search.from - floodWindowMs)
    .where('h.at', '<', search.to)
    .orderBy('h.at')
    .execute()
  return rows.map(({ title_zh, title_en, post, ...row }) => ({
    ...row,
    post: post ?? '',
    key: keyName(row),
    title: textOf(title_zh, title_en),
  }))
}

async function spansOf(db: Database, search: QualitySearch): Promise<(Span & { readonly post: string })[]> {
  const rows = await scoped(db, search)
    .select(['e.gateway', 'e.rule', 'e.point', 'e.raised_at', 'e.cleared_at', 'e.acked_json'])
    .where('e.raised_at', 'is not', null)
    .where('e.annunciated_at', 'is not', null)
    .where('e.raised_at', '<', search.to)
    .where((eb) => eb.or([eb('e.cleared_at', 'is', null), eb('e.cleared_at', '>=', search.from)]))
    .execute()
  return rows.map(({ post, raised_at, cleared_at, acked_json, ...row }) => ({
    post: post ?? '',
    key: keyName(row),
    raisedAt: raised_at ?? 0,
    clearedAt: cleared_at ?? undefined,
    ackedAt: parsed<Acked>(acked_json)?.at,
  }))
}

/** The service refuses all of these; what is found here came about by other ways. */
async function unauthorisedOf(db: Database, search: QualitySearch): Promise<{ readonly post: string }[]> {
  const rows = await scoped(db, search)
    .innerJoin('alarm_history as h', (join) =>
      join.onRef('h.gateway', '=', 'e.gateway').onRef('h.occurrence', '=', 'e.occurrence'),
    )
    .leftJoin('alarm_history as a', (join) =>
      join
        .onRef('a.gateway', '=', 'h.gateway')
        .onRef('a.occurrence', '=', 'h.occurrence')
        .onRef('a.at', '=', 'h.at')
        .on('a.what', '=', 'approved'),
    )
    .select(['h.at', 'h.what', 'h.detail_json', 'e.life_safety', 'a.what as approved'])
    .where('h.what', 'in', ['shelved', 'out-of-service'])
    .where('h.at', '>=', search.from)
    .where('h.at', '<', search.to)
    .execute()
  return rows.flatMap(({ post, at, what, detail_json, life_safety, approved }) => {
    if (what === 'out-of-service') return approved === null ? [{ post: post ?? '' }] : []
    const until = Date.parse(parsed<string>(detail_json) ?? '')
    const isLong = until - at > aloneMinutes * 60_000 && approved === null
    return isLong || life_safety === 1 ? [{ post: post ?? '' }] : []
  })
}

function scoped(db: Database, { node, nodes }: QualitySearch) {
  let query = db
    .selectFrom('alarm_events as e')
    .leftJoin('gateways as g', 'g.id', 'e.gateway')
    .leftJoin('devices as d', (join) =>
      join.onRef('d.gateway', '=', 'e.gateway').onRef('d.id', '=', 'e.device'),
    )
    .select(
      sql<string | null>`(select p.ancestor from tree_paths as p
        join tree_nodes as n on n.id = p.ancestor
        where p.node = ${place} and n.kind = 'campus')`.as('post'),
    )
  if (node !== undefined) query = query.where(placeIn(place, [node]))
  if (nodes !== undefined) query = query.where(placeIn(place, nodes))
  return query
}

function textOf(zh: string | null, en: string | null): LocalText {
  return { ...(zh === null ? {} : { zh }), ...(en === null ? {} : { en }) }
}
