import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Certificates of gateways and the tokens they are got with. A gateway that signs in by certificate has an empty `token_hash`,
 * which no token matches.
 */
export const enrolment: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema.alterTable('gateways').addColumn('revoked_at', 'bigint').execute()
    await db.schema.alterTable('gateways').addColumn('refused_token_hash', 'text').execute()

    await db.schema
      .createTable('enrolment_tokens')
      .addColumn('token_hash', 'text', (column) => column.primaryKey())
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addColumn('replaced_at', 'bigint')
      .addColumn('used_at', 'bigint')
      .addColumn('used_from', 'text')
      .addColumn('key_hash', 'text')
      .execute()
    await db.schema
      .createIndex('enrolment_tokens_by_gateway')
      .on('enrolment_tokens')
      .columns(['gateway', 'created_at'])
      .execute()

    await db.schema
      .createTable('gateway_certificates')
      .addColumn('serial', 'text', (column) => column.primaryKey())
      .addColumn('gateway', 'text', (column) => column.notNull().references('gateways.id'))
      .addColumn('key_hash', 'text', (column) => column.notNull())
      .addColumn('pem', 'text', (column) => column.notNull())
      .addColumn('issued_at', 'bigint', (column) => column.notNull())
      .addColumn('not_before', 'bigint', (column) => column.notNull())
      .addColumn('not_after', 'bigint', (column) => column.notNull())
      .addColumn('renewed', 'integer', (column) => column.notNull())
      .addColumn('used_at', 'bigint')
      .addColumn('superseded_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .execute()
    await db.schema
      .createIndex('gateway_certificates_by_gateway')
      .on('gateway_certificates')
      .columns(['gateway', 'issued_at'])
      .execute()
  },
}
