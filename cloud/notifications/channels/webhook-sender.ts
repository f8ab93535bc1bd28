import type { Clock } from '#lib/clock.ts'
import type { AddressRules } from './address-guard.ts'
import { outcomeOf, post } from './post.ts'
import type { Sender } from './sender.ts'
import { webhookBody, webhookHeaders } from './webhook-request.ts'

export type WebhookTarget = { readonly url: string; readonly secret: string; readonly timeZone: string }

/** JSON to a program of somebody else, signed. */
export function createWebhookSender(rules: AddressRules, clock: Clock): Sender<WebhookTarget> {
  return {
    async send(message, { url, secret, timeZone }, signal) {
      const body = JSON.stringify(webhookBody(message, timeZone))
      const headers = webhookHeaders(secret, clock.now(), message, body)
      const answer = await post({ url: new URL(url), headers, body }, rules, signal)
      return answer.ok ? outcomeOf(answer, clock.now()) : answer
    },
  }
}
