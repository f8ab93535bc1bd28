import type { DeliveryReason } from '#contract/notice.ts'
import type { Message } from '../message.ts'

export type Refused = {
  readonly ok: false
  readonly reason: DeliveryReason
  /** What the other side said, for the person who mends it. */
  readonly detail: string
  /** Whether the same can succeed later. */
  readonly retry: boolean
  /** What the other side asked for. */
  readonly retryAfterMs?: number
}
export type Outcome = { readonly ok: true } | Refused

/** One way to tell somebody. Resolves with what became of it and never rejects for what the other side does. */
export interface Sender<Target> {
  send(message: Message, target: Target, signal: AbortSignal): Promise<Outcome>
}

export const sent: Outcome = { ok: true }

/** Pure. */
export function refused(reason: DeliveryReason, detail: string, retryAfterMs?: number): Refused {
  return { ok: false, reason, detail: brief(detail), retry: false, ...after(retryAfterMs) }
}

/** Worth another attempt. Pure. */
export function failedFor(reason: DeliveryReason, detail: string, retryAfterMs?: number): Refused {
  return { ok: false, reason, detail: brief(detail), retry: true, ...after(retryAfterMs) }
}

function after(retryAfterMs: number | undefined): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

function brief(text: string): string {
  return text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200)
    .toWellFormed()
}
