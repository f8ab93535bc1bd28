import type { GatewayEvent } from '#contract/events.ts'
import type { Sample } from '#contract/sample.ts'

/** The part of the outbox that producers see. */
export interface OutboxInput {
  /** Takes samples for the next group commit. Never throws and never waits; a full memory budget drops and counts. */
  append(samples: readonly Sample[]): void
  /** Resolves when the event is on disk. It may already have been sent by then. */
  appendEvent(event: GatewayEvent): Promise<void>
}
