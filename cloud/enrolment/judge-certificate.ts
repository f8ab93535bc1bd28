import type { GatewayCertificateRow } from '#cloud/state/tables.ts'

export type CertificateVerdict = 'good' | 'unknown' | 'foreign' | 'revoked' | 'superseded' | 'expired'

export type CertificateFacts = Pick<
  GatewayCertificateRow,
  'gateway' | 'not_after' | 'superseded_at' | 'revoked_at'
>

/**
 * Whether this certificate, whose signature was checked, lets in `gateway` now. What is not on record was made by nobody, or
 * before a backup that the cloud was set back to. Pure.
 */
export function judgeCertificate(
  certificate: CertificateFacts | undefined,
  gateway: string,
  now: number,
): CertificateVerdict {
  if (certificate === undefined) return 'unknown'
  if (certificate.gateway !== gateway) return 'foreign'
  if (certificate.revoked_at !== null) return 'revoked'
  if (certificate.superseded_at !== null) return 'superseded'
  return now >= certificate.not_after ? 'expired' : 'good'
}
