import { createHash, randomBytes } from 'node:crypto'
import { badRequest } from '#cloud/http/bad-request.ts'
import { instant } from '#cloud/http/instants.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { EnrolmentTokenRow } from '#cloud/state/tables.ts'
import { createClientCertificate, type KeyPair } from '#cloud/tls/certificates.ts'
import type {
  Enrolment,
  EnrolmentToken,
  EnrolRequest,
  GatewayDraft,
  IssuedCertificate,
} from '#contract/api/enrolment.ts'
import { AppError } from '#contract/errors.ts'
import { gatewayKinds, type NodeKind } from '#contract/organisation.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { PresentedCertificate } from './admission.ts'
import { type EnrollingGateway, EnrolmentRepository, type NewToken } from './enrolment-repository.ts'
import { enrolmentView } from './enrolment-view.ts'
import { type CertificateVerdict, judgeCertificate } from './judge-certificate.ts'
import { judgeToken, refusals } from './judge-token.ts'
import { type Csr, readCsr } from './read-csr.ts'

/** A token that was used a second time, by somebody else. */
export type StolenToken = {
  readonly gateway: string
  /** Where it was used first, and when. */
  readonly first: { readonly address: string; readonly at: number }
  /** Where it was tried now. */
  readonly second: string
}

export type EnrolmentOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** Signs the certificates. */
  readonly authority: KeyPair
  /** SHA-256 of what gateways are to trust, hex; absent where any public authority will do. */
  readonly caFingerprint: string | undefined
  readonly tokenLifetimeMs: number
  readonly certificateLifetimeMs: number
  /** Ends the connection of the gateway, if it has one. */
  readonly cut: (gateway: string, reason: string) => void
  /** Writes it into the audit log and raises the alarm. Rejecting refuses the request for now. */
  readonly onStolen: (stolen: StolenToken) => Promise<void>
  /** There is a gateway that was not there before. */
  readonly onAdded: (gateway: string) => Promise<void>
  /** Somebody has taken care: the gateway was revoked or has a new token. */
  readonly onSettled: (gateway: string) => void
}

/** How gateways get, keep and lose their certificates. */
export class EnrolmentService {
  readonly #options: EnrolmentOptions
  readonly #rows: EnrolmentRepository

  constructor(options: EnrolmentOptions) {
    this.#options = options
    this.#rows = new EnrolmentRepository(options.db)
  }

  async add(
    { id, title = {}, place }: GatewayDraft,
    url: string,
    audit: ChangeAudit,
  ): Promise<EnrolmentToken> {
    const { db, clock } = this.#options
    if (place !== undefined) await this.#checkPlace(place)
    audit.note({ target: id, after: { title, place } })
    const token = newToken()
    const row = this.#tokenRow(id, token)
    await db.transaction().execute(async (trx) => {
      const rows = new EnrolmentRepository(trx)
      if (!(await rows.addGateway({ id, title, place }, clock.now())))
        throw new AppError(
          'CONFLICT',
          `there is a gateway ${id} already: choose another id, or make a new token for it`,
        )
      await rows.putToken(row)
      await audit.write(trx)
    })
    await this.#options.onAdded(id)
    return this.#told(token, row, url)
  }

  /** A token for a gateway that is there: to enrol it for the first time, after a revocation, or on a new machine. */
  async newToken(id: string, url: string, audit: ChangeAudit): Promise<EnrolmentToken> {
    await this.#find(id)
    const token = newToken()
    const row = this.#tokenRow(id, token)
    audit.note({ after: { expiresAt: instant(row.expires_at) } })
    await this.#options.db.transaction().execute(async (trx) => {
      await new EnrolmentRepository(trx).putToken(row)
      await audit.write(trx)
    })
    this.#options.onSettled(id)
    return this.#told(token, row, url)
  }

  /** Takes every way to connect from the gateway, and its connection. What it sent stays. */
  async revoke(id: string, audit: ChangeAudit): Promise<Enrolment> {
    const { db, clock, cut, onSettled, log } = this.#options
    const gateway = await this.#find(id)
    await db.transaction().execute(async (trx) => {
      const serials = await new EnrolmentRepository(trx).revoke(gateway, clock.now())
      audit.note({ after: { serials } })
      await audit.write(trx)
    })
    cut(id, 'revoked')
    onSettled(id)
    log.warn({ gateway: id }, 'gateway revoked')
    return this.view(id)
  }

  async view(id: string): Promise<Enrolment> {
    const [gateway, token, certificate] = await Promise.all([
      this.#find(id),
      this.#rows.newestToken(id),
      this.#rows.newestCertificate(id),
    ])
    return enrolmentView({ gateway, token, certificate }, this.#options.clock.now())
  }

  /** The first certificate, for a token. Throws AppError ENROLMENT_REFUSED, or BAD_REQUEST for what is wrong with the request. */
  async enrol({ token, csr }: EnrolRequest, address: string, audit: ChangeAudit): Promise<IssuedCertificate> {
    const request = await checkedCsr(csr)
    for (;;) {
      const row = await this.#rows.token(hashOf(token))
      const verdict = judgeToken(row, request.keyHash, this.#options.clock.now())
      if (row === undefined || verdict === 'unknown') throw refused('unknown')
      audit.note({ target: row.gateway, after: { key: request.keyHash } })
      if (verdict === 'stolen') await this.#tellStolen(row, address)
      if (verdict !== 'issue' && verdict !== 'again') throw refused(verdict)
      checkSubject(request, row.gateway)
      const issued = await (verdict === 'again'
        ? this.#knownOf(request)
        : this.#useToken(row, { request, address, audit }))
      if (issued !== undefined) return issued
      // Somebody was faster with the same token: judge again.
    }
  }

  /** The next certificate, for the present one. */
  async renew(present: PresentedCertificate, csr: string, audit: ChangeAudit): Promise<IssuedCertificate> {
    const request = await checkedCsr(csr)
    const { gateway, serial } = present
    audit.note({ target: gateway, before: { serial } })
    checkSubject(request, gateway)
    // Judged in the transaction: a revocation either comes before and refuses it, or finds the new certificate too.
    return this.#options.db.transaction().execute(async (trx) => {
      const rows = new EnrolmentRepository(trx)
      const verdict = judgeCertificate(await rows.certificate(serial), gateway, this.#options.clock.now())
      if (verdict !== 'good')
        throw new AppError('ENROLMENT_REFUSED', certificateRefusals[verdict], {
          details: { reason: verdict },
        })
      const issued = (await this.#again(rows, request)) ?? (await this.#issue(trx, request, true))
      audit.note({ after: { serial: issued.serial, validUntil: issued.validUntil } })
      await audit.write(trx)
      return issued
    })
  }

  async #find(id: string): Promise<EnrollingGateway> {
    const gateway = await this.#rows.gateway(id)
    if (gateway === undefined) throw new AppError('NOT_FOUND', `there is no gateway ${id}`)
    return gateway
  }

  async #checkPlace(place: string): Promise<void> {
    const kind = await this.#rows.placeKind(place)
    if (kind === undefined) throw badRequest([{ path: 'body/place', message: `names no place: ${place}` }])
    if (!gatewayKinds.includes(kind as NodeKind))
      throw badRequest([
        { path: 'body/place', message: `is a ${kind}, expected one of ${gatewayKinds.join(', ')}` },
      ])
  }

  #tokenRow(gateway: string, token: string): NewToken {
    const { clock, tokenLifetimeMs } = this.#options
    const now = clock.now()
    return { token_hash: hashOf(token), gateway, created_at: now, expires_at: now + tokenLifetimeMs }
  }

  #told(token: string, row: NewToken, url: string): EnrolmentToken {
    const { caFingerprint } = this.#options
    return {
      id: row.gateway,
      enrolmentToken: token,
      expiresAt: instant(row.expires_at),
      url,
      ...(caFingerprint === undefined ? {} : { caFingerprint }),
      code: [url, token, ...(caFingerprint === undefined ? [] : [caFingerprint])].join('/'),
    }
  }

  async #useToken(row: EnrolmentTokenRow, use: { request: Csr; address: string; audit: ChangeAudit }) {
    const { db, clock, log } = this.#options
    const { request, address, audit } = use
    const issued = await db.transaction().execute(async (trx) => {
      const rows = new EnrolmentRepository(trx)
      const taken = { keyHash: request.keyHash, from: address, now: clock.now() }
      if (!(await rows.useToken(row.token_hash, taken))) return undefined
      const certificate = await this.#issue(trx, request, false)
      await rows.readmit(row.gateway)
      audit.note({ after: { serial: certificate.serial, validUntil: certificate.validUntil } })
      await audit.write(trx)
      return certificate
    })
    if (issued !== undefined)
      log.info({ gateway: row.gateway, address, serial: issued.serial }, 'gateway enrolled')
    return issued
  }

  /** For a token that was used: whoever repeats it after its certificate was replaced or taken away gets nothing for it. */
  async #knownOf(request: Csr): Promise<IssuedCertificate> {
    const known = await this.#again(this.#rows, request)
    if (known === undefined) throw refused('replaced')
    return known
  }

  /** The certificate that this key has already. */
  async #again(rows: EnrolmentRepository, { gateway, keyHash }: Csr): Promise<IssuedCertificate | undefined> {
    const row = await rows.certificateOfKey(gateway, keyHash)
    const now = this.#options.clock.now()
    if (row === undefined || judgeCertificate(row, gateway, now) !== 'good') return undefined
    const { serial, pem, not_after } = row
    return { gateway, certificate: pem, serial, validUntil: instant(not_after), now: instant(now) }
  }

  async #issue(
    trx: Database,
    { gateway, publicKey, keyHash }: Csr,
    renewed: boolean,
  ): Promise<IssuedCertificate> {
    const { authority, clock, certificateLifetimeMs } = this.#options
    const now = clock.now()
    const subject = { name: gateway, publicKey }
    const made = await createClientCertificate(authority, subject, { now, lifetimeMs: certificateLifetimeMs })
    await new EnrolmentRepository(trx).putCertificate({
      serial: made.serial,
      gateway,
      key_hash: keyHash,
      pem: made.cert,
      issued_at: now,
      not_before: made.notBefore,
      not_after: made.notAfter,
      renewed: renewed ? 1 : 0,
    })
    const { serial, cert: certificate, notAfter } = made
    return { gateway, certificate, serial, validUntil: instant(notAfter), now: instant(now) }
  }

  async #tellStolen(row: EnrolmentTokenRow, second: string): Promise<void> {
    const { log, onStolen, clock } = this.#options
    const { gateway, used_from, used_at } = row
    const first = { address: used_from ?? '', at: used_at ?? clock.now() }
    log.warn({ gateway, first, second }, 'enrolment token used twice')
    await onStolen({ gateway, first, second })
  }
}

const certificateRefusals = {
  unknown: 'the cloud has not issued this certificate: enrol the gateway with a new token',
  foreign: 'the certificate is of another gateway',
  revoked: 'the certificate was revoked: enrol the gateway with a new token',
  superseded: 'a newer certificate took over from this one: enrol the gateway with a new token if it is lost',
  expired: 'the certificate has expired: enrol the gateway with a new token',
} as const satisfies Record<Exclude<CertificateVerdict, 'good'>, string>

async function checkedCsr(pem: string): Promise<Csr> {
  const csr = await readCsr(pem)
  if (!csr.ok) throw badRequest([{ path: 'body/csr', message: csr.message }])
  return csr.value
}

function checkSubject({ gateway }: Csr, expected: string): void {
  if (gateway === expected) return
  const message = `is for ${gateway}, but this is for ${expected}: check gateway.id`
  throw badRequest([{ path: 'body/csr', message }])
}

function refused(reason: keyof typeof refusals): AppError {
  return new AppError('ENROLMENT_REFUSED', refusals[reason], { details: { reason } })
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
