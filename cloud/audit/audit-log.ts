import { type ExpressionBuilder, sql } from 'kysely'
import type { ChangeAudit, ChangeFacts } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Tables } from '#cloud/state/tables.ts'
import type { AuditEntry, AuditHash } from '#contract/api/audit.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { leastRetentionMs } from './audit-config.ts'
import { entryOf, insertEntry, lastEntry } from './audit-rows.ts'
import { type ChainReport, type Checkpoint, type Link, sealed, type Unsealed, verifyChain } from './chain.ts'
import { recordedJson, recordedText } from './recorded.ts'

export type AuditLogOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly hash: AuditHash
}

/** A row before it has its number and its hash. `system` is the program itself. */
export type AuditFacts = Omit<ChangeFacts, 'who'> & {
  readonly action: AuditAction
  readonly who: ChangeFacts['who'] | 'system'
  readonly address?: string
  readonly userAgent?: string
  /** `ok`, or the code of the refusal. */
  readonly outcome?: string
  readonly request?: string
}

export type AuditSearch = {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly who?: string | undefined
  readonly action?: AuditAction | undefined
  readonly target?: string | undefined
  /** Rows before this one. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Rows of one page while all of them are walked through: some milliseconds of the store's worker. */
const pageRows = 1_000

/**
 * Who did what, never changed afterwards. The store runs one transaction at a time, over all processes, so that two
 * writers never follow the same row.
 */
export class AuditLog {
  readonly #options: AuditLogOptions

  constructor(options: AuditLogOptions) {
    this.#options = options
  }

  /** Writes a row in the transaction of the change that it is about. Throws AppError STORE_UNAVAILABLE: then undo the change. */
  async append(trx: Database, facts: AuditFacts): Promise<void> {
    const { clock, hash } = this.#options
    try {
      let last = await lastEntry(trx)
      const next = (more: AuditFacts): Unsealed => ({
        seq: (last?.seq ?? 0) + 1,
        at: new Date(clock.now()).toISOString(),
        ...recorded(more),
        algorithm: hash,
        prevHash: last?.hash ?? '',
      })
      if (last !== undefined && last.algorithm !== hash) {
        const change = { before: { hash: last.algorithm }, after: { hash } }
        last = await insertEntry(
          trx,
          sealed(next({ action: 'audit.hash-changed', who: 'system', ...change })),
        )
      }
      await insertEntry(trx, sealed(next(facts)))
    } catch (error) {
      throw unwritten(error)
    }
  }

  /** The same for what is not in the state store. */
  async write(facts: AuditFacts): Promise<void> {
    try {
      await this.#options.db.transaction().execute((trx) => this.append(trx, facts))
    } catch (error) {
      throw unwritten(error)
    }
  }

  /** For a change that the program makes by itself, or somebody at the machine. */
  bySystem(action: AuditAction, userAgent = ''): ChangeAudit {
    let facts: ChangeFacts = {}
    return {
      note: (more) => {
        facts = { ...facts, ...more }
      },
      write: (trx) => this.append(trx, { ...facts, action, who: 'system', userAgent }),
    }
  }

  /** Newest first. */
  async search({ from, to, who, action, target, before, limit }: AuditSearch): Promise<AuditEntry[]> {
    let query = this.#options.db.selectFrom('audit').selectAll()
    if (from !== undefined) query = query.where('at', '>=', from)
    if (to !== undefined) query = query.where('at', '<', to)
    if (action !== undefined) query = query.where('action', '=', action)
    if (who !== undefined) query = query.where((eb) => contains(eb, ['username', 'display_name'], who))
    if (target !== undefined) query = query.where((eb) => contains(eb, ['target'], target))
    if (before !== undefined) query = query.where('seq', '<', before)
    const rows = await query.orderBy('seq', 'desc').limit(limit).execute()
    return rows.map(entryOf)
  }

  /** Every row that is there when a page is read, oldest first. */
  async *pages(): AsyncGenerator<readonly AuditEntry[]> {
    for (let after = 0; ; ) {
      const rows = await this.#options.db
        .selectFrom('audit')
        .selectAll()
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(pageRows)
        .execute()
      if (rows.length > 0) yield rows.map(entryOf)
      if (rows.length < pageRows) return
      after = rows.at(-1)?.seq ?? after
    }
  }

  async head(): Promise<Link | undefined> {
    const last = await lastEntry(this.#options.db)
    return last && { seq: last.seq, hash: last.hash }
  }

  /** Walks the whole chain. Rows that are deleted for their age meanwhile are not taken for missing. */
  async verify(kept?: Link): Promise<ChainReport> {
    for (;;) {
      const begin = await this.#firstSeq()
      const report = await verifyChain(this.pages(), kept)
      if (report.broken === undefined || (await this.#firstSeq()) === begin) return report
    }
  }

  /**
   * Deletes rows older than `before`, up to the first that is not, and writes the row that says up to where. Resolves with how
   * many went. Refuses to delete what the law wants kept.
   */
  async prune(before: number): Promise<number> {
    const { db, clock } = this.#options
    if (before > clock.now() - leastRetentionMs)
      throw new Error('rows of the audit log that are younger than 180 days are not deleted')
    return await db.transaction().execute(async (trx) => {
      const young = await trx
        .selectFrom('audit')
        .select('seq')
        .where('at', '>=', before)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst()
      let old = trx.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(1)
      if (young !== undefined) old = old.where('seq', '<', young.seq)
      const last = await old.executeTakeFirst()
      if (last === undefined) return 0
      const checkpoint: Checkpoint = { upTo: last.seq, hash: last.hash }
      await this.append(trx, { action: 'audit.pruned', who: 'system', after: checkpoint })
      const { numDeletedRows } = await trx
        .deleteFrom('audit')
        .where('seq', '<=', last.seq)
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    })
  }

  async #firstSeq(): Promise<number | undefined> {
    const row = await this.#options.db
      .selectFrom('audit')
      .select('seq')
      .orderBy('seq')
      .limit(1)
      .executeTakeFirst()
    return row?.seq
  }
}

function recorded({ action, who, target = '', before, after, outcome = 'ok', ...from }: AuditFacts) {
  const { address = '', userAgent = '', request = '' } = from
  const nobody = { id: '', username: '', displayName: '', role: who === 'system' ? 'system' : '' }
  const person = { ...nobody, ...(typeof who === 'object' ? who : {}) }
  return {
    action,
    userId: person.id,
    username: recordedText(person.username, 100),
    displayName: recordedText(person.displayName, 100),
    role: person.role,
    address: recordedText(address, 64),
    userAgent: recordedText(userAgent, 200),
    target: recordedText(target, 300),
    before: recordedJson(before),
    after: recordedJson(after),
    outcome,
    request,
  }
}

function unwritten(cause: unknown): AppError {
  if (cause instanceof AppError && cause.code === 'STORE_UNAVAILABLE') return cause
  return new AppError('STORE_UNAVAILABLE', 'the audit log could not be written, so nothing was done', {
    cause,
  })
}

type Column = 'username' | 'display_name' | 'target'

function contains(eb: ExpressionBuilder<Tables, 'audit'>, columns: readonly Column[], text: string) {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
  return eb.or(columns.map((column) => sql<boolean>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`))
}
