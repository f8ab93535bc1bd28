/** The form of a row that its hash is made of, and how a row follows the one before. docs/audit.md describes it to strangers. */
import { createHash } from 'node:crypto'
import { type AuditChain, type AuditEntry, type AuditHash, auditHashes } from '#contract/api/audit.ts'

/** In this order, after the name of the form. */
export const hashedFields = [
  'seq',
  'at',
  'action',
  'userId',
  'username',
  'displayName',
  'role',
  'address',
  'userAgent',
  'target',
  'before',
  'after',
  'outcome',
  'request',
  'algorithm',
  'prevHash',
] as const satisfies readonly (keyof AuditEntry)[]

export type Unsealed = Pick<AuditEntry, (typeof hashedFields)[number]> & { readonly algorithm: AuditHash }

/** One JSON list without white space: text and one whole number, so that every language writes the same bytes. Pure. */
export function canonicalText(entry: Pick<AuditEntry, (typeof hashedFields)[number]>): string {
  return JSON.stringify(['audit/1', ...hashedFields.map((field) => entry[field])])
}

export function sealed(entry: Unsealed): AuditEntry {
  return { ...entry, hash: hashOf(entry, entry.algorithm) }
}

function hashOf(entry: Omit<AuditEntry, 'hash'>, algorithm: AuditHash): string {
  return createHash(algorithm).update(canonicalText(entry)).digest('hex')
}

export type Link = { readonly seq: number; readonly hash: string }
export type Broken = NonNullable<AuditChain['broken']>
export type ChainReport = {
  readonly rows: number
  /** The last row up to which nothing is wrong. */
  readonly head: Link | undefined
  readonly broken: Broken | undefined
}

/** The row that says where the log begins since older rows were deleted. */
export type Checkpoint = { readonly upTo: number; readonly hash: string }

/**
 * Walks rows as they are stored, oldest first, up to the first one where something is wrong. `kept` is a head that was
 * kept elsewhere. Pure but for reading.
 */
export async function verifyChain(
  pages: AsyncIterable<readonly AuditEntry[]>,
  kept?: Link,
): Promise<ChainReport> {
  let rows = 0
  let before: AuditEntry | undefined
  let first: AuditEntry | undefined
  let checkpoint: Checkpoint = { upTo: 0, hash: '' }
  let broken: Broken | undefined
  for await (const page of pages) {
    for (const entry of page) {
      first ??= entry
      broken = problemOf(entry, before) ?? keptProblem(entry, kept)
      if (broken !== undefined) return { rows, head: before && linkOf(before), broken }
      if (entry.action === 'audit.pruned') checkpoint = checkpointOf(entry) ?? checkpoint
      before = entry
      rows++
    }
  }
  broken = startProblem(first, checkpoint)
  if (broken !== undefined) return { rows, head: undefined, broken }
  return { rows, head: before && linkOf(before), broken: endProblem(before, kept) }
}

function linkOf({ seq, hash }: AuditEntry): Link {
  return { seq, hash }
}

function problemOf(entry: AuditEntry, before: AuditEntry | undefined): Broken | undefined {
  const { seq, algorithm, prevHash, hash } = entry
  if (before !== undefined) {
    const expected = before.seq + 1
    if (seq > expected) return missing(seq, expected, seq - 1)
    if (seq !== expected) return outOfPlace(seq, `there is no room for it after row ${before.seq}`)
    if (prevHash !== before.hash)
      return outOfPlace(
        seq,
        `it does not follow row ${before.seq}: inserted, moved, or row ${before.seq} replaced`,
      )
  }
  const known = auditHashes.find((one) => one === algorithm)
  if (known === undefined || hashOf(entry, known) !== hash)
    return { seq, kind: 'altered', message: `row ${seq} does not say what it said when it was written` }
  if (before !== undefined && algorithm !== before.algorithm && entry.action !== 'audit.hash-changed')
    return outOfPlace(seq, `it is hashed with ${algorithm}, and no row says that this changed`)
  return undefined
}

/** Rows before the first one are accounted for by the newest checkpoint, or there were none. */
function startProblem(first: AuditEntry | undefined, { upTo, hash }: Checkpoint): Broken | undefined {
  if (first === undefined) return undefined
  if (first.seq > upTo + 1) return missing(first.seq, upTo + 1, first.seq - 1)
  if (first.seq === upTo + 1 && first.prevHash === hash) return undefined
  return outOfPlace(
    first.seq,
    `the log begins after row ${upTo} by its own account, and this row does not follow it`,
  )
}

function keptProblem({ seq, hash }: AuditEntry, kept: Link | undefined): Broken | undefined {
  if (kept === undefined || kept.seq !== seq || kept.hash === hash) return undefined
  return { seq, kind: 'altered', message: `row ${seq} is not the one whose hash was kept` }
}

function endProblem(last: AuditEntry | undefined, kept: Link | undefined): Broken | undefined {
  const seq = last?.seq ?? 0
  return kept === undefined || kept.seq <= seq ? undefined : missing(seq + 1, seq + 1, kept.seq)
}

function missing(seq: number, from: number, to: number): Broken {
  return {
    seq,
    kind: 'missing',
    message: from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`,
  }
}

function outOfPlace(seq: number, why: string): Broken {
  return { seq, kind: 'out-of-place', message: `row ${seq} is out of place: ${why}` }
}

/** The row was verified, so it is ours; an older program may have written it otherwise. */
function checkpointOf({ after }: AuditEntry): Checkpoint | undefined {
  const { upTo, hash } = JSON.parse(after || '{}') as Partial<Checkpoint>
  return typeof upTo === 'number' && typeof hash === 'string' ? { upTo, hash } : undefined
}
