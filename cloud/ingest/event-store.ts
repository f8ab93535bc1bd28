import type { Database } from '#cloud/state/database.ts'
import type { CommandResult } from '#contract/command.ts'
import type { AlarmEvent, GatewayEvent, LinkEvent } from '#contract/events.ts'
import { bookDrop } from './ledger.ts'

/** All but alarms: what becomes of those is not ingest's to know. */
export type PlainEvent = Exclude<GatewayEvent, AlarmEvent>

/** Stores one event of a gateway. The same event again, or an older one after a newer, changes nothing that is newer. */
export async function storeEvent(db: Database, gateway: string, event: PlainEvent): Promise<void> {
  switch (event.kind) {
    case 'command-result':
      return storeCommandResult(db, gateway, event)
    case 'drop':
      return bookDrop(db, gateway, event)
    case 'link':
      return storeLink(db, gateway, event)
  }
}

/** What the gateway said last: `queued` comes before `accepted`, and anything else is final. */
async function storeCommandResult(db: Database, gateway: string, result: CommandResult): Promise<void> {
  const row = {
    point: result.point,
    state: result.state,
    at: result.at,
    verified: result.verified === undefined ? null : Number(result.verified),
    read_back_json: result.readBack === undefined ? null : JSON.stringify(result.readBack),
    code: result.code ?? null,
    message: result.message ?? null,
    reason_zh: result.title?.zh ?? null,
    reason_en: result.title?.en ?? null,
  }
  await db
    .insertInto('command_results')
    .values({ gateway, id: result.id, ...row })
    .onConflict((conflict) => {
      const columns = conflict.columns(['gateway', 'id'])
      if (result.state === 'queued') return columns.doNothing()
      if (result.state === 'accepted')
        return columns.doUpdateSet(row).where('command_results.state', '=', 'queued')
      return columns.doUpdateSet(row)
    })
    .execute()
}

/**
 * A link event may come before the catalogue that names the device: it is kept in a row that counts as removed until
 * the catalogue fills it.
 */
async function storeLink(db: Database, gateway: string, event: LinkEvent): Promise<void> {
  const link = { link_state: event.state, link_at: event.at, link_reason: event.reason ?? null }
  const unknown = { profile: '', vendor: '', model: '', category: '', removed_at: event.at }
  const texts = { title_zh: null, title_en: null, location_zh: null, location_en: null }
  await db
    .insertInto('devices')
    .values({ gateway, id: event.device, ...texts, ...unknown, ...link })
    .onConflict((conflict) =>
      conflict
        .columns(['gateway', 'id'])
        .doUpdateSet(link)
        .where((row) => row.or([row('devices.link_at', 'is', null), row('devices.link_at', '<=', event.at)])),
    )
    .execute()
  await keepLinkEvent(db, gateway, event)
}

/** Enough to see a line that comes and goes. */
const maxLinkEvents = 50

async function keepLinkEvent(db: Database, gateway: string, event: LinkEvent): Promise<void> {
  const { device, at, state, reason = null } = event
  await db
    .insertInto('link_events')
    .values({ gateway, device, at, state, reason })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const oldest = await db
    .selectFrom('link_events')
    .select('at')
    .where('gateway', '=', gateway)
    .where('device', '=', device)
    .orderBy('at', 'desc')
    .offset(maxLinkEvents)
    .limit(1)
    .executeTakeFirst()
  if (oldest === undefined) return
  await db
    .deleteFrom('link_events')
    .where('gateway', '=', gateway)
    .where('device', '=', device)
    .where('at', '<=', oldest.at)
    .execute()
}
