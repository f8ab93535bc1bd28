import { sql } from 'kysely'
import { optionalInstant } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AlarmFloods } from '#contract/api/alarms.ts'
import type { AlarmInPlace } from './alarm-repository.ts'
import { type Flood, floodWindowMs, nextFlood, quietPost } from './flood.ts'
import { untold } from './stored-alarm.ts'

/** How busy each duty post is now. A post is a campus; what stands nowhere has one of its own. */
export class FloodWatch {
  readonly #posts = new Map<string, Flood>()

  /** Takes up the last ten minutes of an earlier process. */
  async load(db: Database, now: number): Promise<void> {
    const rows = await db
      .selectFrom('alarm_history as h')
      .innerJoin('alarm_events as e', (join) =>
        join.onRef('e.gateway', '=', 'h.gateway').onRef('e.occurrence', '=', 'h.occurrence'),
      )
      .leftJoin('gateways as g', 'g.id', 'e.gateway')
      .leftJoin('devices as d', (join) =>
        join.onRef('d.gateway', '=', 'e.gateway').onRef('d.id', '=', 'e.device'),
      )
      .select([
        'h.at',
        sql<string | null>`(select p.ancestor from tree_paths as p
          join tree_nodes as n on n.id = p.ancestor
          where p.node = coalesce(d.place, g.place) and n.kind = 'campus')`.as('post'),
      ])
      .where('h.counted', '=', 1)
      .where('h.at', '>', now - floodWindowMs)
      .orderBy('h.at')
      .execute()
    for (const { at, post } of rows) this.#add(post ?? '', at, [at])
  }

  note(rows: readonly AlarmInPlace[], now: number): void {
    const called = rows.filter((row) => (row.untold & untold.annunciated) !== 0)
    for (const [post, some] of Map.groupBy(called, (row) => row.post ?? ''))
      this.#add(
        post,
        now,
        some.map(({ annunciated_at }) => annunciated_at ?? now),
      )
  }

  at(now: number): AlarmFloods['items'] {
    return [...this.#posts.keys()].sort().flatMap((post) => {
      this.#add(post, now, [])
      const { inFlood, since, times } = this.#posts.get(post) ?? quietPost
      if (times.length === 0) this.#posts.delete(post)
      return [{ post, inFlood, ...optionalInstant('since', since), annunciations: times.length }]
    })
  }

  #add(post: string, now: number, annunciated: readonly number[]): void {
    this.#posts.set(post, nextFlood(this.#posts.get(post) ?? quietPost, now, annunciated))
  }
}
