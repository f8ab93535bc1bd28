import { type Static, Type } from 'typebox'
import { type AuditAction, auditActions } from '#contract/audit-actions.ts'
import { closed, Instant, InstantQuery, listQuery } from './common.ts'

const actions = Object.keys(auditActions) as AuditAction[]

export const auditHashes = ['sha256', 'sm3'] as const
export type AuditHash = (typeof auditHashes)[number]

const text = (description: string) => Type.String({ description })

/**
 * One row, in the form that its hash is made of (docs/audit.md) and that the export has. What is absent is an empty text here,
 * so that a row of a CSV file can be verified as well.
 */
export const AuditEntry = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    at: Instant,
    action: text('One of the closed list; rows of older programs may have others'),
    userId: text('Empty when nobody was signed in'),
    username: text('As the account was called then; of a refused sign-in, the name that was typed'),
    displayName: Type.String(),
    role: text('The role of then; `system` when the program did it'),
    address: Type.String(),
    userAgent: text('The first 200 characters'),
    target: text('`<gateway>/<device>/<point>`, or whatever the action is about'),
    before: text('JSON'),
    after: text('JSON; of a refused request what was asked for'),
    outcome: text('`ok`, or the error code of the refusal'),
    request: text('Id of the request, as in the log'),
    algorithm: text('Of the hash: sha256, sm3'),
    prevHash: text('Hash of the row before; empty in the first one'),
    hash: Type.String(),
  },
  closed,
)
export type AuditEntry = Static<typeof AuditEntry>

/** `GET /audit`: newest first. `who` and `target` are parts of what is there. */
export const AuditQuery = Type.Object(
  {
    from: Type.Optional(InstantQuery),
    to: Type.Optional(InstantQuery),
    who: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    action: Type.Optional(Type.Unsafe<AuditAction>({ type: 'string', enum: actions })),
    target: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    ...listQuery,
  },
  closed,
)
export type AuditQuery = Static<typeof AuditQuery>

export const AuditList = Type.Object(
  { items: Type.Array(AuditEntry), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type AuditList = Static<typeof AuditList>

/** `GET /audit/export`: every row, oldest first. */
export const AuditExportQuery = Type.Object(
  {
    format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('jsonl')], { default: 'csv' })),
  },
  closed,
)

const Link = Type.Object({ seq: Type.Integer(), hash: Type.String() }, closed)

/** `GET /audit/chain`: what walking through all rows has shown. */
export const AuditChain = Type.Object(
  {
    at: Instant,
    rows: Type.Integer({ minimum: 0 }),
    /** The last row up to which nothing is wrong. Keep it elsewhere: only then does a log that was cut off at its end show. */
    head: Type.Optional(Link),
    /** The first row where something is wrong. */
    broken: Type.Optional(
      Type.Object(
        {
          seq: Type.Integer(),
          kind: Type.Union([Type.Literal('altered'), Type.Literal('missing'), Type.Literal('out-of-place')]),
          message: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type AuditChain = Static<typeof AuditChain>
