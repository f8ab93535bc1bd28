import type { Database } from '#cloud/state/database.ts'

/** A moment of the store's worker each. */
const portion = 200

/**
 * Forgets alarms that are over: normal again since before `before`, with their history, steps and pictures. The newest
 * occurrence of each alarm stays, because the next one is compared with it.
 */
export async function pruneAlarms(db: Database, before: number): Promise<number> {
  for (let deleted = 0; ; ) {
    const count = await db.transaction().execute((trx) => deletePortion(trx, before))
    deleted += count
    if (count < portion) return deleted
  }
}

async function deletePortion(trx: Database, before: number): Promise<number> {
  const rows = await trx
    .selectFrom('alarm_events')
    .select(['gateway', 'occurrence'])
    .where('life', '=', 'normal')
    .where('state', '=', 'cleared')
    .where('cleared_at', '<', before)
    .where('received_at', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('alarm_keys')
            .select('alarm_keys.rule')
            .whereRef('alarm_keys.gateway', '=', 'alarm_events.gateway')
            .whereRef('alarm_keys.rule', '=', 'alarm_events.rule')
            .whereRef('alarm_keys.point', '=', 'alarm_events.point')
            .whereRef('alarm_keys.occurrence', '=', 'alarm_events.occurrence'),
        ),
      ),
    )
    .limit(portion)
    .execute()
  for (const { gateway, occurrence } of rows) {
    for (const table of ['alarm_history', 'alarm_ticks', 'alarm_photos', 'alarm_events'] as const)
      await trx
        .deleteFrom(table)
        .where('gateway', '=', gateway)
        .where('occurrence', '=', occurrence)
        .execute()
  }
  return rows.length
}
