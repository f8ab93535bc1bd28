import { Counter, Gauge, type Registry } from 'prom-client'
import type { PlannedJob } from './plan-jobs.ts'

export type NotificationOutcome = 'sent' | 'retried' | 'failed' | 'suppressed'
export type NotificationMetrics = {
  count(channel: PlannedJob['channel'], outcome: NotificationOutcome, by?: number): void
}

/** Deliveries by how they ended; one that is told in the message of another counts as one of its own. */
export function countNotifications(registry: Registry): NotificationMetrics {
  const counter = new Counter({
    name: 'campus_notifications_total',
    help: 'Deliveries of notices: sent, retried, failed, suppressed',
    labelNames: ['channel', 'outcome'] as const,
    registers: [registry],
  })
  return { count: (channel, outcome, by = 1) => counter.inc({ channel, outcome }, by) }
}

export type QueueState = { readonly queued: number; readonly oldestAgeS: number }

export function measureQueue(registry: Registry, read: () => Promise<QueueState>): void {
  new Gauge({
    name: 'campus_notifications_queued',
    help: 'Deliveries that wait',
    registers: [registry],
    async collect() {
      this.set((await read()).queued)
    },
  })
  new Gauge({
    name: 'campus_notifications_queue_age_seconds',
    help: 'How long the oldest delivery waits that need not wait; 0 when there is none',
    registers: [registry],
    async collect() {
      this.set((await read()).oldestAgeS)
    },
  })
}
