import type { Database } from '#cloud/state/database.ts'
import type { EnrolmentTokenRow, GatewayCertificateRow, GatewayRow } from '#cloud/state/tables.ts'
import type { LocalText } from '#contract/text.ts'

export type EnrollingGateway = Pick<
  GatewayRow,
  'id' | 'place' | 'token_hash' | 'refused_token_hash' | 'revoked_at'
>

export type NewGateway = {
  readonly id: string
  readonly title: LocalText
  readonly place: string | undefined
}

export type NewToken = Pick<EnrolmentTokenRow, 'token_hash' | 'gateway' | 'created_at' | 'expires_at'>
export type NewCertificate = Omit<GatewayCertificateRow, 'used_at' | 'superseded_at' | 'revoked_at'>

/** Tokens and certificates of gateways. Works on a transaction as well as on the database. */
export class EnrolmentRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  async gateway(id: string): Promise<EnrollingGateway | undefined> {
    return this.#db
      .selectFrom('gateways')
      .select(['id', 'place', 'token_hash', 'refused_token_hash', 'revoked_at'])
      .where('id', '=', id)
      .executeTakeFirst()
  }

  /** False when there is one of this name already. */
  async addGateway({ id, title, place }: NewGateway, now: number): Promise<boolean> {
    const added = await this.#db
      .insertInto('gateways')
      .values({
        id,
        title_zh: title.zh ?? null,
        title_en: title.en ?? null,
        place: place ?? null,
        token_hash: '',
        created_at: now,
        connected: 0,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst()
    return Number(added.numInsertedOrUpdatedRows ?? 0) > 0
  }

  /** The kind of a place, `undefined` when there is no such place. */
  async placeKind(node: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('tree_nodes')
      .select('kind')
      .where('id', '=', node)
      .executeTakeFirst()
    return row?.kind
  }

  /** From now on this is the token of its gateway. */
  async putToken(token: NewToken): Promise<void> {
    await this.replaceTokens(token.gateway, token.created_at)
    await this.#db.insertInto('enrolment_tokens').values(token).execute()
  }

  async replaceTokens(gateway: string, now: number): Promise<void> {
    await this.#db
      .updateTable('enrolment_tokens')
      .set({ replaced_at: now })
      .where('gateway', '=', gateway)
      .where('replaced_at', 'is', null)
      .execute()
  }

  async token(hash: string): Promise<EnrolmentTokenRow | undefined> {
    return this.#db
      .selectFrom('enrolment_tokens')
      .selectAll()
      .where('token_hash', '=', hash)
      .executeTakeFirst()
  }

  async newestToken(gateway: string): Promise<EnrolmentTokenRow | undefined> {
    return this.#db
      .selectFrom('enrolment_tokens')
      .selectAll()
      .where('gateway', '=', gateway)
      .orderBy('created_at', 'desc')
      .orderBy('replaced_at', (order) => order.desc().nullsFirst())
      .limit(1)
      .executeTakeFirst()
  }

  /** False when somebody was faster, or it was replaced. */
  async useToken(hash: string, use: { keyHash: string; from: string; now: number }): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable('enrolment_tokens')
      .set({ used_at: use.now, used_from: use.from, key_hash: use.keyHash })
      .where('token_hash', '=', hash)
      .where('used_at', 'is', null)
      .where('replaced_at', 'is', null)
      .executeTakeFirstOrThrow()
    return Number(numUpdatedRows) === 1
  }

  async putCertificate(certificate: NewCertificate): Promise<void> {
    await this.#db.insertInto('gateway_certificates').values(certificate).execute()
  }

  async certificate(serial: string): Promise<GatewayCertificateRow | undefined> {
    return this.#db
      .selectFrom('gateway_certificates')
      .selectAll()
      .where('serial', '=', serial)
      .executeTakeFirst()
  }

  async certificatesOf(serials: readonly string[]): Promise<GatewayCertificateRow[]> {
    if (serials.length === 0) return []
    return this.#db.selectFrom('gateway_certificates').selectAll().where('serial', 'in', serials).execute()
  }

  async newestCertificate(gateway: string): Promise<GatewayCertificateRow | undefined> {
    return this.#newest(gateway).executeTakeFirst()
  }

  /** The newest certificate for this key. */
  async certificateOfKey(gateway: string, keyHash: string): Promise<GatewayCertificateRow | undefined> {
    return this.#newest(gateway).where('key_hash', '=', keyHash).executeTakeFirst()
  }

  #newest(gateway: string) {
    return this.#db
      .selectFrom('gateway_certificates')
      .selectAll()
      .where('gateway', '=', gateway)
      .orderBy('issued_at', 'desc')
      .limit(1)
  }

  /** The gateway has it: whatever it had before is not needed any more. */
  async firstUse({ serial, gateway, issued_at }: GatewayCertificateRow, now: number): Promise<void> {
    await this.#db
      .updateTable('gateway_certificates')
      .set({ used_at: now })
      .where('serial', '=', serial)
      .execute()
    await this.#db
      .updateTable('gateway_certificates')
      .set({ superseded_at: now })
      .where('gateway', '=', gateway)
      .where('serial', '<>', serial)
      .where('issued_at', '<', issued_at)
      .where('superseded_at', 'is', null)
      .execute()
  }

  /** Takes every way to connect from the gateway. Resolves with the serials that were good until now. */
  async revoke({ id, token_hash, refused_token_hash }: EnrollingGateway, now: number): Promise<string[]> {
    const good = this.#db
      .updateTable('gateway_certificates')
      .set({ revoked_at: now })
      .where('gateway', '=', id)
      .where('revoked_at', 'is', null)
      .where('superseded_at', 'is', null)
      .returning('serial')
    const serials = (await good.execute()).map(({ serial }) => serial)
    await this.replaceTokens(id, now)
    const refused = token_hash === '' ? refused_token_hash : token_hash
    await this.#db
      .updateTable('gateways')
      .set({ revoked_at: now, refused_token_hash: refused })
      .where('id', '=', id)
      .execute()
    return serials
  }

  /** Which of these have a token that is never good again. */
  async refusedTokens(gateways: readonly string[]): Promise<string[]> {
    if (gateways.length === 0) return []
    const rows = await this.#db
      .selectFrom('gateways')
      .select('id')
      .where('id', 'in', gateways)
      .whereRef('token_hash', '=', 'refused_token_hash')
      .execute()
    return rows.map(({ id }) => id)
  }

  async readmit(gateway: string): Promise<void> {
    await this.#db.updateTable('gateways').set({ revoked_at: null }).where('id', '=', gateway).execute()
  }
}
