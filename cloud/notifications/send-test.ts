import { randomUUID } from 'node:crypto'
import type { Delivery as DeliveryView } from '#contract/api/notifications.ts'
import type { User } from '#contract/api/session.ts'
import type { Clock } from '#lib/clock.ts'
import type { DeliveryLog } from './delivery-log.ts'
import type { Notice, NoticeReceivers } from './notice.ts'

export type TestSenderOptions = {
  readonly notify: (notice: Notice) => Promise<void>
  readonly log: Pick<DeliveryLog, 'ofNotice'>
  readonly clock: Clock
}

export type TestSender = (
  by: User,
  to: NoticeReceivers,
  about: { readonly node?: string | undefined; readonly link: string },
) => Promise<DeliveryView[]>

const answerMs = 12_000

/** A notice on the way that every notice takes; resolves with what became of it when each was tried once, or after a while. */
export function createTestSender({ notify, log, clock }: TestSenderOptions): TestSender {
  return async ({ displayName, username }, to, { node, link }) => {
    const key = `test:${randomUUID()}`
    const params = { by: displayName || username }
    await notify({ key, kind: 'test', code: 'test', priority: 4, params, node, link, to, at: clock.now() })
    const until = clock.monotonic() + answerMs
    for (;;) {
      const deliveries = await log.ofNotice(key)
      const isTried = deliveries.every(({ state, attempts, reason }) =>
        [state !== 'queued', attempts > 0, reason === 'rate-limited'].some(Boolean),
      )
      if (isTried || clock.monotonic() >= until) return deliveries
      await clock.sleep(100)
    }
  }
}
