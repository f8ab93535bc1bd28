import { instant, optional, optionalInstant } from '#cloud/http/instants.ts'
import { actionsOf, type May, tabOf } from '#contract/alarm-life.ts'
import type { Alarm, AlarmRoot, AlarmStep, Person } from '#contract/api/alarms.ts'
import type { LocalText } from '#contract/text.ts'
import type { AlarmInPlace } from './alarm-repository.ts'
import {
  type Acked,
  type Actor,
  type Closed,
  idOf,
  lifeOf,
  overlayOf,
  type Pending,
  parsed,
  quietOf,
  type Service,
  type Shelf,
  type StoredStep,
} from './stored-alarm.ts'

/** A row as the API and the live stream show it; with `may`, what its reader can do. Pure. */
export function alarmView(row: AlarmInPlace, may?: May): Alarm {
  const [acked, closed] = [parsed<Acked>(row.acked_json), parsed<Closed>(row.closed_json)]
  const [shelf, service] = [parsed<Shelf>(row.shelf_json), parsed<Service>(row.service_json)]
  const pending = parsed<Pending>(row.pending_json)
  return {
    id: idOf(row),
    gateway: row.gateway,
    rule: row.rule,
    point: row.point === '' ? row.gateway : `${row.gateway}/${row.point}`,
    priority: row.priority as Alarm['priority'],
    title: text(row.title_zh, row.title_en),
    state: row.state as Alarm['state'],
    ...optionalInstant('raisedAt', row.raised_at),
    ...optionalInstant('clearedAt', row.cleared_at),
    value: row.raise_value_json === null ? null : (JSON.parse(row.raise_value_json) as Alarm['value']),
    ...optional('limit', row.limit_value),
    receivedAt: instant(row.received_at),
    life: lifeOf(row),
    ...optional('overlay', overlayOf(row)),
    revision: row.steps,
    lifeSafety: row.life_safety === 1,
    latching: row.latching === 1,
    count: row.repeats,
    chattering: row.chattering === 1,
    ...optionalInstant('annunciatedAt', row.annunciated_at),
    ...optional('quiet', quietOf(row)),
    escalations: row.escalated,
    ...optional('ack', acked && done(acked)),
    ...optional('assigned', personOf(parsed<Actor>(row.assigned_json))),
    ...optional(
      'shelf',
      shelf && {
        ...done(shelf),
        until: instant(shelf.until),
        reason: shelf.reason,
        ...optional('approvedBy', personOf(shelf.approvedBy)),
      },
    ),
    ...optional(
      'service',
      service && {
        ...done(service),
        reason: service.reason,
        permit: service.permit,
        ...optional('approvedBy', personOf(service.approvedBy)),
      },
    ),
    ...optional('suppressedBy', row.suppressed_by),
    ...optional('pending', pending && pendingView(pending)),
    ...optional('closed', closed && { ...done(closed), outcome: closed.outcome, note: closed.note }),
    ...optional('place', row.place),
    ...optional('post', row.post),
    ...optional('root', rootOf(row)),
    ...optional('can', may && actionsOf(subjectOf(row), may)),
  }
}

/** What decides about where it is listed and what can be done with it. Pure. */
export function subjectOf(row: AlarmInPlace) {
  return {
    life: lifeOf(row),
    overlay: overlayOf(row),
    isAcknowledged: row.acked_json !== null,
    isClosed: row.closed_json !== null,
    lifeSafety: row.life_safety === 1,
    isPending: row.pending_json !== null,
  }
}

export function isStanding(row: AlarmInPlace): boolean {
  return tabOf(subjectOf(row)) !== 'history'
}

export function stepView({ at, what, life, by_json, note, detail_json }: StoredStep): AlarmStep {
  return {
    at: instant(at),
    what: what as AlarmStep['what'],
    life: life as AlarmStep['life'],
    ...optional('by', personOf(parsed<Actor>(by_json))),
    ...optional('note', note),
    ...optional('detail', parsed<string>(detail_json)),
  }
}

export function personOf(actor: Actor | undefined): Person | undefined {
  return actor && { username: actor.username, displayName: actor.displayName }
}

export function done({ by, at }: Acked): { by: Person; at: string } {
  return { by: { username: by.username, displayName: by.displayName }, at: instant(at) }
}

function pendingView(pending: Pending): NonNullable<Alarm['pending']> {
  const { what, reason } = pending
  return {
    ...done(pending),
    ...{ what, reason },
    ...(pending.what === 'shelve' ? { minutes: pending.minutes } : { permit: pending.permit }),
  }
}

/** What is away and has this alarm under it. What lives depend on stands for itself, and so does what is about the gateway. */
function rootOf(row: AlarmInPlace): AlarmRoot | undefined {
  if (row.life_safety === 1 || row.point === '') return undefined
  if (row.gateway_connected === 0)
    return { kind: 'gateway', id: row.gateway, title: text(row.gateway_zh, row.gateway_en) }
  if (row.link_state !== 'down') return undefined
  return { kind: 'device', id: `${row.gateway}/${row.device}`, title: text(row.device_zh, row.device_en) }
}

function text(zh: string | null, en: string | null): LocalText {
  return { ...optional('zh', zh), ...optional('en', en) }
}
