import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import type { Logger } from '#lib/logger.ts'
import { init } from './migrations/0001-init.ts'
import { commands } from './migrations/0002-commands.ts'
import { identity } from './migrations/0003-identity.ts'
import { ledgerDays } from './migrations/0004-ledger-days.ts'
import { audit } from './migrations/0005-audit.ts'
import { organisation } from './migrations/0006-organisation.ts'
import { access } from './migrations/0007-access.ts'
import { alarmLife } from './migrations/0008-alarm-life.ts'
import { enrolment } from './migrations/0009-enrolment.ts'
import { configuration } from './migrations/0010-configuration.ts'
import { notifications } from './migrations/0011-notifications.ts'
import { dangers } from './migrations/0012-dangers.ts'
import { assets } from './migrations/0013-assets.ts'
import { userSecurity } from './migrations/0014-user-security.ts'
import { calendars } from './migrations/0015-calendar.ts'

/** In the order of their names, forward only. A released one is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-init': init,
  '0002-commands': commands,
  '0003-identity': identity,
  '0004-ledger-days': ledgerDays,
  '0005-audit': audit,
  '0006-organisation': organisation,
  '0007-access': access,
  '0008-alarm-life': alarmLife,
  '0009-enrolment': enrolment,
  '0010-configuration': configuration,
  '0011-notifications': notifications,
  '0012-dangers': dangers,
  '0013-assets': assets,
  '0014-user-security': userSecurity,
  '0015-calendar': calendars,
}

/**
 * Brings the database to the newest version, everything in one transaction: it is the new version afterwards or
 * unchanged. Throws when the database was written by a newer program.
 */
export async function migrate<T>(
  db: Kysely<T>,
  log: Logger,
  known: Readonly<Record<string, Migration>> = migrations,
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...known }) } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) throw new Error('the state store was not migrated', { cause: error })
  for (const { migrationName } of results) log.info({ migration: migrationName }, 'state store migrated')
}
