import { parseDuration } from '#lib/quantity.ts'
import type { OnvifDevice, OnvifEvent, OnvifSource, OnvifTarget } from './device.ts'
import type { DeviceInstance } from './device-instance.ts'
import { type Expanded, fill } from './expand.ts'
import type { OnvifBlock, OnvifEventFields, OnvifPointFields } from './onvif.ts'
import type { ParamValues } from './params.ts'
import type { OnvifProfile } from './profile.ts'
import { fillTopic } from './resolve-mqtt.ts'

type Address = OnvifDevice['address']

/** The ONVIF half of resolving: where the camera is and what its messages mean. Pure. */
export function onvifAddress(
  { onvif }: OnvifProfile,
  { host = '', port, channel }: Pick<DeviceInstance, 'host' | 'port' | 'channel'>,
  params: ParamValues,
): Address {
  const { services, truth, ptz, quirks = [] } = onvif
  return {
    host,
    ports: port === undefined ? services.port : [port],
    ...(channel === undefined ? {} : { channel }),
    auth: services.auth,
    clockOffset: services.clock_offset ?? 'auto',
    subscription: subscriptionOf(onvif),
    channels: channelsOf(onvif),
    truth: { yes: truth.true.map(String), no: truth.false.map(String) },
    events: onvif.events.map(eventOf),
    snapshot: snapshotOf(onvif),
    mainStream: mainStreamOf(onvif, params),
    ...(ptz === undefined ? {} : { ptz: ptzOf(ptz) }),
    quirks,
  }
}

function subscriptionOf({ subscription }: OnvifBlock): Address['subscription'] {
  const [first = '1s', max = '60s'] = subscription.restart_backoff
  return {
    pullTimeoutMs: parseDuration(subscription.pull_timeout),
    limit: subscription.limit,
    terminationMs: parseDuration(subscription.termination),
    renewBeforeMs: parseDuration(subscription.renew_before),
    sync: subscription.sync,
    host: subscription.host,
    restartBackoffMs: [parseDuration(first), parseDuration(max)],
  }
}

function channelsOf({ channels }: OnvifBlock): Address['channels'] {
  const { source_items, ignore_items = [], key_items = [], token_map } = channels
  return {
    sourceItems: source_items,
    ignoreItems: ignore_items,
    keyItems: key_items,
    tokenMap:
      token_map === 'auto' ? 'auto' : token_map.map(([token, channel]) => [String(token), Number(channel)]),
  }
}

function eventOf(event: OnvifEventFields): OnvifEvent {
  const { hold, min_interval } = event
  return {
    topic: event.topic.split('/'),
    sourceItems: event.source_items ?? [],
    source: event.source ?? {},
    data: event.data,
    point: event.point,
    mode: event.mode,
    ...(hold === undefined ? {} : { holdMs: parseDuration(hold) }),
    ignoreInitialized: event.ignore_initialized ?? false,
    minIntervalMs: min_interval === undefined ? 0 : parseDuration(min_interval),
  }
}

function snapshotOf({ snapshot }: OnvifBlock): Address['snapshot'] {
  return {
    order: snapshot.order,
    httpPaths: snapshot.http_paths ?? [],
    rewriteHost: snapshot.rewrite_host,
    maxRateMs: parseDuration(snapshot.max_rate),
    timeoutMs: parseDuration(snapshot.timeout),
  }
}

/** The choice may be left to the installation by an enum parameter of this name. */
function mainStreamOf({ streams }: OnvifBlock, params: ParamValues): Address['mainStream'] {
  const choice = streams?.profiles ?? 'largest'
  return (params.get(choice) ?? choice) === 'smallest' ? 'smallest' : 'largest'
}

function ptzOf({ presets, goto, home, continuous }: NonNullable<OnvifBlock['ptz']>): Address['ptz'] & object {
  return { presets, goto, home, continuousMaxS: continuous.max_s }
}

export function onvifEnds(
  { fields, numbers }: Expanded<OnvifPointFields>,
  { onvif }: OnvifProfile,
  params: ParamValues,
): { from?: OnvifSource; to?: OnvifTarget } {
  const { from, write } = fields
  return {
    ...(from === undefined ? {} : { from }),
    ...(write === undefined ? {} : { to: targetOf(write.to) }),
  }
  function targetOf(to: NonNullable<OnvifPointFields['write']>['to']): OnvifTarget {
    if (!('output' in to)) return to
    const output = fillTopic(numbers === undefined ? to.output : fill(to.output, numbers), params)
    return { output, mode: onvif.outputs?.relays ?? 'bistable' }
  }
}
