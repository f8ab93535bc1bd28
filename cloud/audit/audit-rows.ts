import type { Database } from '#cloud/state/database.ts'
import type { AuditRow } from '#cloud/state/tables.ts'
import type { AuditEntry } from '#contract/api/audit.ts'

export async function lastEntry(db: Database): Promise<AuditEntry | undefined> {
  const row = await db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return row && entryOf(row)
}

export async function insertEntry(db: Database, entry: AuditEntry): Promise<AuditEntry> {
  await db.insertInto('audit').values(rowOf(entry)).execute()
  return entry
}

/** Pure. */
export function entryOf(row: AuditRow): AuditEntry {
  return {
    seq: row.seq,
    at: timeText(row.at),
    action: row.action,
    userId: row.user_id,
    username: row.username,
    displayName: row.display_name,
    role: row.role,
    address: row.address,
    userAgent: row.user_agent,
    target: row.target,
    before: row.before_json,
    after: row.after_json,
    outcome: row.outcome,
    request: row.request,
    algorithm: row.algorithm,
    prevHash: row.prev_hash,
    hash: row.hash,
  }
}

function rowOf(entry: AuditEntry): AuditRow {
  return {
    seq: entry.seq,
    at: Date.parse(entry.at),
    action: entry.action,
    user_id: entry.userId,
    username: entry.username,
    display_name: entry.displayName,
    role: entry.role,
    address: entry.address,
    user_agent: entry.userAgent,
    target: entry.target,
    before_json: entry.before,
    after_json: entry.after,
    outcome: entry.outcome,
    request: entry.request,
    algorithm: entry.algorithm,
    prev_hash: entry.prevHash,
    hash: entry.hash,
  }
}

/** Somebody may have written any number there: then it is no time, and the hash will not fit. */
function timeText(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString()
}
