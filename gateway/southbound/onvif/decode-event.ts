import { good, type QualityCode, qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { OnvifDevice, OnvifEvent, OnvifPoint } from '#gateway/profiles/device.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'

type Items = Readonly<Record<string, string>>

/** One notification as it came: texts only. */
export type OnvifMessage = {
  /** With prefixes and whatever the vendor hangs on: `tns1:RuleEngine/CellMotionDetector/Motion//.` */
  readonly topic: string
  /** Absent for an event that is no property of the camera. */
  readonly operation?: 'Initialized' | 'Changed' | 'Deleted'
  readonly source: Items
  readonly key?: Items
  readonly data: Items
  readonly utcTime?: string
}

/** What one notification means for one point. */
export type DecodedEvent = {
  readonly point: string
  readonly value: Value
  readonly quality: QualityCode
  readonly mode: OnvifEvent['mode']
  /** Which rule, input or object it is about: a state is on while it is on for any of them. */
  readonly instance: string
  /** Falls back by itself after this. */
  readonly holdMs?: number
  readonly minIntervalMs: number
  /** The item as it came: `IsMotion=true`. */
  readonly raw: string
}

/** Number of a channel or an input, by its token; from the camera's own lists. */
export type Tokens = ReadonlyMap<string, number>

/** A camera that never says that something ended: as long as most cameras hold a state. */
const onlyTrueHoldMs = 30_000
const noTokens: Tokens = new Map()

/**
 * What a notification means for the points of a device, by its profile's event map; nothing where it is about another
 * channel or where the profile does not know it. Pure.
 */
export function decodeEvent(
  message: OnvifMessage,
  device: OnvifDevice,
  tokens: Tokens = noTokens,
): DecodedEvent[] {
  const topic = topicSegments(message.topic)
  const decoded: DecodedEvent[] = []
  for (const event of device.address.events) {
    if (!fits(event.topic, topic) || !holds(message.source, event.source)) continue
    if (message.operation === 'Initialized' && event.ignoreInitialized) continue
    const one = decodeOne(event, message, { device, tokens, topic })
    if (one !== undefined && !decoded.some(({ point }) => point === one.point)) decoded.push(one)
  }
  return decoded
}

/** Without prefixes, and without the empty segments and dots that several brands hang on. */
export function topicSegments(topic: string): readonly string[] {
  return topic
    .split('/')
    .map((segment) => segment.slice(segment.lastIndexOf(':') + 1).trim())
    .map((segment) => segment.replace(/\.+$/, ''))
    .filter((segment) => segment !== '')
}

type Context = { readonly device: OnvifDevice; readonly tokens: Tokens; readonly topic: readonly string[] }

function decodeOne(event: OnvifEvent, message: OnvifMessage, context: Context): DecodedEvent | undefined {
  const { device } = context
  const { address } = device
  const token = tokenOf(event, message.source, device)
  const known = token === undefined ? undefined : numberOf(token, address, context.tokens)
  const names = event.point.includes('<source>')
  if (!names && token !== undefined && isOtherChannel(known, address)) return undefined
  const id = names ? event.point.replace('<source>', String(known ?? numberInName(token))) : event.point
  const point = device.points.find((one) => one.id === id)
  if (point === undefined) return undefined
  const item = event.data.map((name) => itemOf(message.data, name) ?? itemOf(message.key, name)).find(Boolean)
  const value = meaningOf({ event, item, point, deleted: message.operation === 'Deleted' }, context)
  if (value === undefined) return undefined
  const holdMs = event.holdMs ?? (address.quirks.includes('only_true') ? onlyTrueHoldMs : undefined)
  return {
    point: id,
    ...value,
    mode: event.mode,
    instance: instanceOf(message, address),
    minIntervalMs: event.minIntervalMs,
    raw: item === undefined ? '' : `${item[0]}=${item[1]}`,
    ...(holdMs === undefined || event.mode === 'value' ? {} : { holdMs }),
  }
}

type Item = readonly [name: string, value: string]
type Told = {
  readonly event: OnvifEvent
  readonly item: Item | undefined
  readonly point: OnvifPoint
  readonly deleted: boolean
}
type Decoded = { readonly value: Value; readonly quality: QualityCode }

function meaningOf({ event, item, point, deleted }: Told, context: Context): Decoded | undefined {
  switch (event.mode) {
    case 'pulse':
      if (deleted) return undefined
      return point.kind === 'text' || point.kind === 'enum'
        ? decodeValue(item?.[1] ?? '', point)
        : { value: true, quality: good }
    case 'state':
      if (deleted) return { value: false, quality: good }
      return item === undefined ? undefined : stateOf(item[1], point, context.device)
    case 'value':
      return deleted || item === undefined ? undefined : measured(item[1], point, context)
  }
}

function measured(text: string, point: OnvifPoint, { device, topic }: Context): Decoded {
  if (point.kind !== 'num' && point.kind !== 'counter') return decodeValue(text, point)
  const raw = text.trim() === '' ? Number.NaN : Number(text)
  const isPercent = device.address.quirks.includes('percent_cpu') && topic.at(-1) === 'ProcessorUsage'
  return decodeValue(isPercent ? raw / 100 : raw, point)
}

function stateOf(text: string, point: OnvifPoint, { address }: OnvifDevice): Decoded {
  const word = text.trim()
  const { yes, no } = address.truth
  if (yes.includes(word)) return decodeValue(true, point)
  if (no.includes(word)) return decodeValue(false, point)
  return { value: null, quality: qualityCodes['bad:map'] }
}

function fits(pattern: readonly string[], topic: readonly string[]): boolean {
  return pattern.length === topic.length && pattern.every((word, i) => word === '*' || word === topic[i])
}

function holds(source: Items, wanted: Items): boolean {
  return Object.entries(wanted).every(([name, value]) => itemOf(source, name)?.[1] === value)
}

/** Brands do not agree on capital letters. */
function itemOf(items: Items | undefined, name: string): Item | undefined {
  if (items === undefined) return undefined
  const exact = items[name]
  if (exact !== undefined) return [name, exact]
  return Object.entries(items).find(([other]) => other.toLowerCase() === name.toLowerCase())
}

function tokenOf({ sourceItems }: OnvifEvent, source: Items, { address }: OnvifDevice): string | undefined {
  const names = sourceItems.length > 0 ? sourceItems : address.channels.sourceItems
  return names.map((name) => itemOf(source, name)?.[1]).find((token) => token !== undefined)
}

/** By the profile's pairs, else by the camera's own list. */
function numberOf(token: string, { channels }: OnvifDevice['address'], tokens: Tokens): number | undefined {
  const pair = channels.tokenMap === 'auto' ? undefined : channels.tokenMap.find(([known]) => known === token)
  return pair?.[1] ?? tokens.get(token)
}

/** AlarmIn_2 is 2: inputs are often in no list. */
function numberInName(token = ''): number | undefined {
  const digits = /(\d+)$/.exec(token)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** A recorder's event of a source that nobody can place must not become an alarm of every channel. */
function isOtherChannel(number: number | undefined, { channel }: OnvifDevice['address']): boolean {
  return channel !== undefined && number !== channel
}

function instanceOf({ source, key = {} }: OnvifMessage, { channels }: OnvifDevice['address']): string {
  const kept = Object.entries(source).filter(([name]) => !channels.ignoreItems.includes(name))
  const keys = Object.entries(key).filter(([name]) => channels.keyItems.includes(name))
  return JSON.stringify([...kept, ...keys].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
