import type { User } from '#contract/api/session.ts'
import type { Database } from './database.ts'

/** What a row of the audit log says beyond who asked for what, and from where. */
export type ChangeFacts = {
  /** Where it is not the caller: who has just signed in, or the name of somebody who could not. */
  readonly who?: User | { readonly username: string }
  readonly target?: string
  readonly before?: unknown
  readonly after?: unknown
}

/** The audit row of the change in hand, for the part that makes the change. */
export interface ChangeAudit {
  /** Adds to what the row will say. */
  note(facts: ChangeFacts): void
  /** Writes the row in the transaction of the change, so that there is never one without the other. */
  write(trx: Database): Promise<void>
}
