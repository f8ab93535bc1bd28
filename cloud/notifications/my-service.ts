import { randomUUID } from 'node:crypto'
import { badRequest } from '#cloud/http/bad-request.ts'
import { instant, optional } from '#cloud/http/instants.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type {
  MyNotifications,
  MySettings,
  NewSubscription,
  PushSubscription,
} from '#contract/api/notifications.ts'
import type { User } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { type AddressRules, urlProblem } from './channels/address-guard.ts'
import { arePushKeys } from './channels/push-encrypt.ts'
import { DeliveryLog } from './delivery-log.ts'
import type { NotificationsConfig } from './notifications-config.ts'
import { isTimeZone } from './quiet-hours.ts'
import { roleDefault, settingsOf } from './settings.ts'

export type MyOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly rules: NotificationsConfig['roles']
  readonly pushKey: string
  readonly pushRules: AddressRules
  readonly canMail: boolean
}

const maxSubscriptions = 20

/** What a person says about being told. */
export class MyService {
  readonly #options: MyOptions

  constructor(options: MyOptions) {
    this.#options = options
  }

  async get(user: User): Promise<MyNotifications> {
    const { db, rules, pushKey, canMail } = this.#options
    const roles = user.grants.map(({ role }) => role)
    return {
      settings: await settings(db, user.id),
      defaults: { push: roleDefault(roles, 'push', rules), email: roleDefault(roles, 'email', rules) },
      pushKey,
      subscriptions: await this.#subscriptions(user.id),
      canMail,
    }
  }

  async put(user: User, wanted: MySettings, audit: ChangeAudit): Promise<MyNotifications> {
    const { db, clock } = this.#options
    if (!isTimeZone(wanted.timeZone))
      throw badRequest([{ path: 'body/timeZone', message: `${wanted.timeZone} is not a time zone` }])
    await db.transaction().execute(async (trx) => {
      audit.note({ target: user.username, before: await settings(trx, user.id), after: wanted })
      const row = { settings_json: JSON.stringify(wanted), changed_at: clock.now() }
      await trx
        .insertInto('notification_settings')
        .values({ user_id: user.id, ...row })
        .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
        .execute()
      await audit.write(trx)
    })
    return this.get(user)
  }

  /** A browser has one subscription: what somebody else had on it before is over. */
  async subscribe(user: User, wanted: NewSubscription, audit: ChangeAudit): Promise<PushSubscription> {
    const { db, clock, pushRules } = this.#options
    const { endpoint, keys, browser } = wanted
    audit.note({ target: user.username, after: { browser } })
    const url = URL.parse(endpoint)
    const problem = url === null ? 'is not an address' : urlProblem(url, pushRules)
    if (problem !== undefined) throw badRequest([{ path: 'body/endpoint', message: problem }])
    if (!arePushKeys(keys)) throw badRequest([{ path: 'body/keys', message: 'are not those of a browser' }])
    const id = randomUUID()
    const now = clock.now()
    await db.transaction().execute(async (trx) => {
      await trx.deleteFrom('push_subscriptions').where('endpoint', '=', endpoint).execute()
      const known = await trx
        .selectFrom('push_subscriptions')
        .select('id')
        .where('user_id', '=', user.id)
        .execute()
      if (known.length >= maxSubscriptions)
        throw new AppError('CONFLICT', `no more than ${maxSubscriptions} browsers: remove one first`)
      await trx
        .insertInto('push_subscriptions')
        .values({ id, user_id: user.id, endpoint, ...keys, browser, created_at: now })
        .execute()
      await audit.write(trx)
    })
    return { id, browser, createdAt: instant(now) }
  }

  async unsubscribe(user: User, id: string, audit: ChangeAudit): Promise<void> {
    await this.#options.db.transaction().execute(async (trx) => {
      const row = await trx
        .selectFrom('push_subscriptions')
        .select('browser')
        .where('id', '=', id)
        .where('user_id', '=', user.id)
        .executeTakeFirst()
      audit.note({ target: user.username, before: row })
      if (row === undefined) throw new AppError('NOT_FOUND', `there is no subscription ${id}`)
      await trx.deleteFrom('push_subscriptions').where('id', '=', id).execute()
      await audit.write(trx)
    })
  }

  async #subscriptions(user: string): Promise<PushSubscription[]> {
    const { db } = this.#options
    const rows = await db
      .selectFrom('push_subscriptions')
      .select(['id', 'browser', 'created_at'])
      .where('user_id', '=', user)
      .orderBy('created_at')
      .execute()
    const last = await new DeliveryLog(db).lastOf(rows.map(({ id }) => id))
    return rows.map(({ id, browser, created_at }) => ({
      id,
      browser,
      createdAt: instant(created_at),
      ...optional('last', last.get(id)),
    }))
  }
}

async function settings(db: Database, user: string): Promise<MySettings> {
  const row = await db
    .selectFrom('notification_settings')
    .select('settings_json')
    .where('user_id', '=', user)
    .executeTakeFirst()
  return settingsOf(row?.settings_json)
}
