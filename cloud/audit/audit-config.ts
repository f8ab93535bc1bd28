import { type Static, Type } from 'typebox'
import { auditHashes } from '#contract/api/audit.ts'

/** The `audit` part of cloud.yaml. */
export const AuditConfig = Type.Object(
  {
    hash: Type.Union(
      auditHashes.map((name) => Type.Literal(name)),
      { default: 'sha256', description: 'What holds each row of the audit log to the one before' },
    ),
  },
  { additionalProperties: false, default: {} },
)
export type AuditConfig = Static<typeof AuditConfig>

const dayMs = 86_400_000

/**
 * Network logs are kept for at least six months: 网络安全法 Art. 23(3) as amended, in force 2026-01-01 (read in secondary
 * sources, not in the original).
 */
export const leastRetentionMs = 180 * dayMs
