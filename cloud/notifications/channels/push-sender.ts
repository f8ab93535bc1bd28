import type { Clock } from '#lib/clock.ts'
import type { Message } from '../message.ts'
import type { AddressRules } from './address-guard.ts'
import { outcomeOf, post } from './post.ts'
import { encryptPush, type PushKeys } from './push-encrypt.ts'
import { pushBody, pushHeaders } from './push-message.ts'
import type { Outcome, Sender } from './sender.ts'
import { type VapidKeys, vapidAuthorization } from './vapid.ts'

export type PushTarget = PushKeys & { readonly endpoint: string }

export type PushSenderOptions = {
  readonly keys: VapidKeys
  /** `mailto:` or `https:`, for the operator of a push service that has something to complain about. */
  readonly contact: string | undefined
  readonly rules: AddressRules
  readonly clock: Clock
}

/** Web Push (RFC 8030): the browser's own service brings it to the browser, whether the console is open or not. */
export function createPushSender({ keys, contact, rules, clock }: PushSenderOptions): Sender<PushTarget> {
  return {
    async send(message: Message, target: PushTarget, signal: AbortSignal): Promise<Outcome> {
      const endpoint = new URL(target.endpoint)
      const answer = await post(
        {
          url: endpoint,
          headers: {
            ...pushHeaders(message),
            authorization: vapidAuthorization(keys, { endpoint, contact, now: clock.now() }),
          },
          body: encryptPush(Buffer.from(JSON.stringify(pushBody(message))), target),
        },
        rules,
        signal,
      )
      return answer.ok ? outcomeOf(answer, clock.now()) : answer
    },
  }
}
