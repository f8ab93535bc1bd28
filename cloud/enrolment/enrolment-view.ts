import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import type { EnrolmentTokenRow, GatewayCertificateRow } from '#cloud/state/tables.ts'
import type { Enrolment, EnrolmentState, GatewayCertificate } from '#contract/api/enrolment.ts'
import type { EnrollingGateway } from './enrolment-repository.ts'

export type EnrolmentRows = {
  readonly gateway: EnrollingGateway
  readonly token: EnrolmentTokenRow | undefined
  readonly certificate: GatewayCertificateRow | undefined
}

/** Pure. */
export function enrolmentView(rows: EnrolmentRows, now: number): Enrolment {
  const { gateway, token, certificate } = rows
  return {
    gateway: gateway.id,
    state: stateOf(rows, now),
    ...optionalInstant('revokedAt', gateway.revoked_at),
    ...(token === undefined || (token.replaced_at !== null && token.used_at === null)
      ? {}
      : {
          token: {
            createdAt: instant(token.created_at),
            expiresAt: instant(token.expires_at),
            ...optionalInstant('usedAt', token.used_at),
            ...optional('usedFrom', token.used_from),
          },
        }),
    ...(certificate === undefined ? {} : { certificate: certificateView(certificate) }),
  }
}

function stateOf({ gateway, token, certificate }: EnrolmentRows, now: number): EnrolmentState {
  const isOpen = token !== undefined && token.used_at === null && token.replaced_at === null
  if (isOpen && now < token.expires_at && !hasGood(certificate, now)) return 'waiting'
  if (gateway.revoked_at !== null) return 'revoked'
  if (hasGood(certificate, now)) return 'enrolled'
  if (gateway.token_hash !== '' && gateway.token_hash !== gateway.refused_token_hash) return 'token'
  return certificate === undefined ? 'lapsed' : 'expired'
}

function hasGood(certificate: GatewayCertificateRow | undefined, now: number): boolean {
  return certificate !== undefined && certificate.revoked_at === null && now < certificate.not_after
}

function certificateView(row: GatewayCertificateRow): GatewayCertificate {
  return {
    serial: row.serial,
    issuedAt: instant(row.issued_at),
    validFrom: instant(row.not_before),
    validUntil: instant(row.not_after),
    renewed: row.renewed === 1,
    ...optionalInstant('usedAt', row.used_at),
    ...optionalInstant('revokedAt', row.revoked_at),
  }
}
