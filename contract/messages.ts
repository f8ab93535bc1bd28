/** The JSON messages between gateway and cloud, as bytes. Foreign bytes are refused with a reason, never by throwing. */
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { CalendarMessage, CalendarReport } from './calendar.ts'
import { Catalogue } from './catalogue.ts'
import { Command, CommandResult } from './command.ts'
import { type ConfigMessage, ConfigNoted, ConfigReport, DesiredConfig } from './configuration.ts'
import { type Decoded, refused } from './decoded.ts'
import { Ack, type DeliveryMessage, Refuse } from './delivery.ts'
import { AlarmEvent, DropEvent, EventsMessage, type GatewayEvent, LinkEvent } from './events.ts'
import { Birth, Death, type StateMessage, Status } from './gateway-state.ts'
import {
  AddDeviceRequest,
  BusesRequest,
  CancelRequest,
  DeviceErrorsRequest,
  ProbeRequest,
  ProfilesRequest,
  ProposalsRequest,
  RemoveDeviceRequest,
  Reply,
  type Request,
  type RequestKind,
  ScanRequest,
  UpdateDeviceRequest,
} from './request.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Longest message of each kind in bytes. The catalogue of a gateway with 10,000 points is about 2 MiB. */
export const maxJsonBytes = {
  events: MiB,
  state: 8 * MiB,
  delivery: 256 * KiB,
  command: 16 * KiB,
  config: MiB,
  calendar: MiB,
  request: 64 * KiB,
  reply: 256 * KiB,
} as const

export type JsonMessage =
  | EventsMessage
  | StateMessage
  | DeliveryMessage
  | Command
  | ConfigMessage
  | CalendarMessage
  | Request
  | Reply

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeJson(message: JsonMessage): Uint8Array {
  return encoder.encode(JSON.stringify(message))
}

export function decodeEvents(bytes: Uint8Array): Decoded<EventsMessage> {
  return decodeOne('events', bytes, (value) => {
    const read = readEvents(value)
    return read.ok ? read : refused(eventProblem(value) ?? read.reason)
  })
}

export function decodeState(bytes: Uint8Array): Decoded<StateMessage> {
  return decodeOne('state', bytes, (value) => byKind(stateKinds, value))
}

export function decodeDelivery(bytes: Uint8Array): Decoded<DeliveryMessage> {
  return decodeOne('delivery', bytes, (value) => byKind(deliveryKinds, value))
}

export function decodeCommand(bytes: Uint8Array): Decoded<Command> {
  return decodeOne('command', bytes, readCommand)
}

export function decodeConfig(bytes: Uint8Array): Decoded<ConfigMessage> {
  return decodeOne('config', bytes, (value) => byKind(configKinds, value))
}

export function decodeCalendar(bytes: Uint8Array): Decoded<CalendarMessage> {
  return decodeOne('calendar', bytes, readCalendar)
}

export function decodeRequest(bytes: Uint8Array): Decoded<Request> {
  return decodeOne('request', bytes, (value) => byKind(requestKinds, value))
}

export function decodeReply(bytes: Uint8Array): Decoded<Reply> {
  return decodeOne('reply', bytes, readReply)
}

type Read<T> = (value: unknown) => Decoded<T>

function reader<S extends TSchema>(schema: S): Read<Static<S>> {
  const compiled = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return { ok: true, value: value as Static<S> }
    const first = compiled.Errors(value)[0]
    return refused(`${first?.instancePath || '/'} ${first?.message ?? 'does not match'}`)
  }
}

function lazily<T>(make: () => Read<T>): Read<T> {
  let made: Read<T> | undefined
  return (value) => {
    made ??= make()
    return made(value)
  }
}

const readEvents = reader(EventsMessage)
const readCommand = reader(Command)
const readCalendar = lazily(() => reader(CalendarMessage))
const readReply = lazily(() => reader(Reply))

// One schema per kind rather than the union: the reason then speaks about the kind that was meant.
const stateKinds: Record<string, Read<StateMessage>> = {
  birth: reader(Birth),
  death: reader(Death),
  status: reader(Status),
  catalogue: reader(Catalogue),
  config: lazily(() => reader(ConfigReport)),
  calendar: lazily(() => reader(CalendarReport)),
}
const configKinds: Record<string, Read<ConfigMessage>> = {
  desired: lazily(() => reader(DesiredConfig)),
  noted: lazily(() => reader(ConfigNoted)),
}
const deliveryKinds: Record<string, Read<DeliveryMessage>> = { ack: reader(Ack), refuse: reader(Refuse) }

// Compiled when a person first asks: most gateways are never asked, and compiled code stays in memory.
const requestKinds: Record<RequestKind, Read<Request>> = {
  profiles: lazily(() => reader(ProfilesRequest)),
  buses: lazily(() => reader(BusesRequest)),
  proposals: lazily(() => reader(ProposalsRequest)),
  scan: lazily(() => reader(ScanRequest)),
  cancel: lazily(() => reader(CancelRequest)),
  probe: lazily(() => reader(ProbeRequest)),
  'add-device': lazily(() => reader(AddDeviceRequest)),
  'update-device': lazily(() => reader(UpdateDeviceRequest)),
  'remove-device': lazily(() => reader(RemoveDeviceRequest)),
  'device-errors': lazily(() => reader(DeviceErrorsRequest)),
}

const eventKinds: Record<string, Read<GatewayEvent>> = {
  alarm: reader(AlarmEvent),
  'command-result': reader(CommandResult),
  drop: reader(DropEvent),
  link: reader(LinkEvent),
}

function byKind<T>(kinds: Record<string, Read<T>>, value: unknown): Decoded<T> {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  const read = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  return read === undefined ? refused(`/kind must be one of ${Object.keys(kinds).join(', ')}`) : read(value)
}

/** The union of all events only says that none matches: look for the event and ask the kind that was meant. */
function eventProblem(value: unknown): string | undefined {
  const events: unknown =
    typeof value === 'object' && value !== null && 'events' in value ? value.events : undefined
  if (!Array.isArray(events)) return undefined
  for (const [index, event] of events.entries()) {
    const read = byKind(eventKinds, event)
    if (!read.ok) return `/events/${index}${read.reason}`
  }
  return undefined
}

function decodeOne<T>(what: keyof typeof maxJsonBytes, bytes: Uint8Array, read: Read<T>): Decoded<T> {
  const limit = maxJsonBytes[what]
  if (bytes.length > limit) return refused(`${what}: ${bytes.length} bytes, at most ${limit} are taken`)
  const parsed = parse(bytes)
  const result = parsed.ok ? read(parsed.value) : parsed
  return result.ok ? result : refused(`${what}: ${result.reason}`)
}

function parse(bytes: Uint8Array): Decoded<unknown> {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    return { ok: true, value }
  } catch {
    return refused('not JSON in UTF-8')
  }
}
