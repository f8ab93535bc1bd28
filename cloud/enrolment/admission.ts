import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import { EnrolmentRepository } from './enrolment-repository.ts'
import { type CertificateVerdict, judgeCertificate } from './judge-certificate.ts'

/** A certificate whose signature and purpose the transport has checked. */
export type PresentedCertificate = { readonly gateway: string; readonly serial: string }

/** Who is connected; without a certificate by a token of the configuration. */
export type Connected = {
  readonly gateway: string
  readonly certificate: PresentedCertificate | undefined
}

export type Ended = { readonly gateway: string; readonly verdict: CertificateVerdict }

/** Asks the record which certificates let in their gateways. */
export class Admission {
  readonly #db: Database
  readonly #clock: Clock
  readonly #rows: EnrolmentRepository

  constructor({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
    this.#db = db
    this.#clock = clock
    this.#rows = new EnrolmentRepository(db)
  }

  /** Whether it may connect now; by that its older certificates are done with. */
  async admit({ gateway, serial }: PresentedCertificate): Promise<CertificateVerdict> {
    const now = this.#clock.now()
    const row = await this.#rows.certificate(serial)
    const verdict = judgeCertificate(row, gateway, now)
    if (verdict === 'good' && row !== undefined && row.used_at === null) {
      await this.#db.transaction().execute((trx) => new EnrolmentRepository(trx).firstUse(row, now))
    }
    return verdict
  }

  /** Which of those who are connected may not be any longer, and why. */
  async notGood(connected: readonly Connected[]): Promise<readonly Ended[]> {
    const now = this.#clock.now()
    const shown = connected.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]))
    const rows = new Map(
      (await this.#rows.certificatesOf(shown.map(({ serial }) => serial))).map((row) => [row.serial, row]),
    )
    const byToken = connected.filter(({ certificate }) => certificate === undefined)
    const refused = await this.#rows.refusedTokens(byToken.map(({ gateway }) => gateway))
    return [
      ...refused.map((gateway) => ({ gateway, verdict: 'revoked' as const })),
      ...shown
        .map(({ gateway, serial }) => ({
          gateway,
          verdict: judgeCertificate(rows.get(serial), gateway, now),
        }))
        .filter(({ verdict }) => verdict !== 'good'),
    ]
  }
}
