import type { Registry } from 'prom-client'
import type { App } from '#cloud/http/app.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { channelRoutes } from './channel-routes.ts'
import { ChannelService } from './channel-service.ts'
import { createDingtalkSender } from './channels/dingtalk.ts'
import { EmailSender, type SmtpOptions } from './channels/email-sender.ts'
import { createPushSender } from './channels/push-sender.ts'
import type { VapidKeys } from './channels/vapid.ts'
import { createWebhookSender } from './channels/webhook-sender.ts'
import { createWecomSender } from './channels/wecom.ts'
import { Delivery } from './delivery.ts'
import { DeliveryLog } from './delivery-log.ts'
import { JobQueue } from './job-queue.ts'
import { MyService } from './my-service.ts'
import { countNotifications, measureQueue } from './notification-metrics.ts'
import { notificationRoutes } from './notification-routes.ts'
import { NotificationService } from './notification-service.ts'
import type { NotificationsConfig } from './notifications-config.ts'
import { createTestSender } from './send-test.ts'
import { createTargets } from './targets.ts'

export type StartOptions = {
  readonly db: Database
  readonly config: NotificationsConfig
  /** Absent where no server takes mail. */
  readonly smtp: SmtpOptions | undefined
  readonly pushKeys: VapidKeys
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
}

export type RunningNotifications = AsyncDisposable & {
  readonly service: NotificationService
  /** Adds the routes. */
  readonly routes: (api: App) => void
}

/** Builds everything about notifications and begins to deliver what waits. */
export function startNotifications(options: StartOptions): RunningNotifications {
  const { db, config, smtp, pushKeys: keys, clock, log, registry } = options
  const parts = new AsyncDisposableStack()
  const { privateAddresses } = config.webhooks
  const pushRules = { hosts: [], privateAddresses }
  const email = smtp === undefined ? undefined : parts.use(new EmailSender(smtp))
  const senders = {
    push: createPushSender({
      keys,
      contact: config.push.contact ?? config.consoleUrl,
      rules: pushRules,
      clock,
    }),
    email,
    wecom: createWecomSender(config.wecomUrl, clock),
    dingtalk: createDingtalkSender(config.dingtalkUrl, clock),
    webhook: createWebhookSender(config.webhooks, clock),
  }
  const metrics = countNotifications(registry)
  const queue = new JobQueue(db)
  measureQueue(registry, async () => {
    const [queued, oldest] = [await queue.queued(), await queue.oldestDue(clock.now())]
    return { queued, oldestAgeS: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000 }
  })
  const delivery = parts.use(
    new Delivery({
      db,
      clock,
      log,
      metrics,
      find: createTargets(db, senders),
      consoleUrl: config.consoleUrl,
      attempts: config.attempts,
    }),
  )
  delivery.start()
  const service = new NotificationService({
    db,
    config,
    clock,
    log,
    metrics,
    onQueued: () => delivery.wake(),
  })

  const deliveries = new DeliveryLog(db)
  const test = createTestSender({ notify: (notice) => service.notify(notice), log: deliveries, clock })
  const mine = new MyService({
    db,
    clock,
    rules: config.roles,
    pushKey: keys.publicKey,
    pushRules,
    canMail: smtp !== undefined,
  })
  const channels = new ChannelService({ db, clock, rules: config.webhooks })
  return {
    service,
    routes: (api) => {
      notificationRoutes(api, { mine, log: deliveries, test })
      channelRoutes(api, { channels, test })
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}
