import type { CameraFaults, CameraTraits } from './camera-state.ts'
import { invalid, notImplemented } from './device-answers.ts'
import { durationMs } from './ptz-answers.ts'
import type { SoapAnswer, SoapRequest } from './soap.ts'
import type { Subscriptions } from './subscriptions.ts'
import { textAt } from './xml.ts'

export type EventContext = {
  readonly traits: CameraTraits
  readonly faults: CameraFaults
  readonly subscriptions: Subscriptions
  readonly origin: string
  readonly port: number
  readonly now: () => number
}

const defaultLifetimeMs = 60_000
const unknownSubscription: SoapAnswer = {
  fault: 'wsnt:ResourceUnknownFault',
  reason: 'the subscription does not exist',
  status: 400,
}

/** `undefined`: not an event operation. Never resolving is one of the faults. */
export function answerEvent(
  request: SoapRequest,
  context: EventContext,
): Promise<SoapAnswer> | SoapAnswer | undefined {
  const { traits, subscriptions } = context
  if (request.operation === 'CreatePullPointSubscription') return create(request, context)
  if (!['PullMessages', 'Renew', 'Unsubscribe', 'SetSynchronizationPoint'].includes(request.operation))
    return undefined
  const id = traits.hasSubscriptionIds
    ? textAt(request.header, 'SubscriptionId')
    : /\/subscription\/(\w+)/.exec(request.path)?.[1]
  if (id === undefined || !subscriptions.has(id)) return unknownSubscription
  switch (request.operation) {
    case 'PullMessages':
      return pull(id, request, context)
    case 'Renew': {
      const lifetimeMs = durationMs(textAt(request.body, 'TerminationTime')) ?? defaultLifetimeMs
      subscriptions.renew(id, lifetimeMs)
      return { body: `<wsnt:RenewResponse>${times('wsnt', context, lifetimeMs)}</wsnt:RenewResponse>` }
    }
    case 'Unsubscribe':
      subscriptions.drop(id)
      return { body: '<wsnt:UnsubscribeResponse/>' }
    default:
      if (!traits.hasSync) return notImplemented('SetSynchronizationPoint')
      if (!context.faults.silentEvents) subscriptions.synchronize(id)
      return { body: '<tev:SetSynchronizationPointResponse/>' }
  }
}

function create(request: SoapRequest, context: EventContext): SoapAnswer {
  const { traits, faults, subscriptions, origin } = context
  if (!traits.hasEvents) return notImplemented('CreatePullPointSubscription')
  const lifetimeMs = durationMs(textAt(request.body, 'InitialTerminationTime')) ?? defaultLifetimeMs
  const id = faults.noSubscriptions ? undefined : subscriptions.create(lifetimeMs, traits.subscriptions)
  if (id === undefined)
    return {
      fault: 'wsnt:SubscribeCreationFailedFault',
      reason: 'too many subscriptions exist',
      status: 500,
    }
  const path = traits.hasSubscriptionIds ? '/onvif/subscription' : `/onvif/subscription/${id}`
  const address = {
    right: `${origin}${path}`,
    relative: path,
    wrong: `http://192.0.2.10:${context.port}${path}`,
  }[traits.subscriptionAddress]
  const reference = traits.hasSubscriptionIds
    ? `<wsa5:ReferenceParameters><dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">${id}</dom0:SubscriptionId></wsa5:ReferenceParameters>`
    : ''
  return {
    body:
      '<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>' +
      `<wsa5:Address>${address}</wsa5:Address>${reference}</tev:SubscriptionReference>` +
      `${times('wsnt', context, lifetimeMs)}</tev:CreatePullPointSubscriptionResponse>`,
  }
}

async function pull(id: string, request: SoapRequest, context: EventContext): Promise<SoapAnswer> {
  const { traits, faults, subscriptions } = context
  const timeoutMs = durationMs(textAt(request.body, 'Timeout')) ?? 0
  if (timeoutMs > traits.maxPullMs) return invalid('ter:InvalidArgVal', 'the timeout is too long')
  if (faults.hangingPulls) return new Promise<never>(() => {})
  const limit = Number(textAt(request.body, 'MessageLimit') ?? 1)
  const waitMs = traits.ignoresPullTimeout ? 0 : timeoutMs
  const messages = await subscriptions.pull(id, waitMs, limit)
  if (messages === undefined) return unknownSubscription
  const told = faults.silentEvents ? [] : messages
  return {
    body: `<tev:PullMessagesResponse>${times('tev', context, defaultLifetimeMs)}${told.join('')}</tev:PullMessagesResponse>`,
  }
}

function times(prefix: string, { now }: EventContext, lifetimeMs: number): string {
  const text = (at: number) => new Date(at).toISOString()
  return `<${prefix}:CurrentTime>${text(now())}</${prefix}:CurrentTime><${prefix}:TerminationTime>${text(now() + lifetimeMs)}</${prefix}:TerminationTime>`
}
