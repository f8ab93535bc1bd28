import { isActive, type LifeState, next, type QuietReason, type StepWord } from '#contract/alarm-life.ts'
import type { AlarmEvent } from '#contract/events.ts'
import { pointKind } from '#contract/point-vocabulary.ts'
import { isChattering, withActivation } from './chatter.ts'
import { dueAt, type Realarms, type Schedule } from './escalation.ts'
import {
  type Acked,
  contextOf,
  idOf,
  keyName,
  lifeOf,
  overlayOf,
  parsed,
  type StoredAlarm,
  type StoredKey,
  type StoredStep,
  untold,
} from './stored-alarm.ts'

export type IntakeRules = {
  /** What was raised longer ago than this when it is received calls nobody. */
  readonly lateMs: number
  readonly schedule: Schedule
  readonly realarms: Realarms
  /** Id of the rule that suppresses it now by design. */
  readonly suppressedBy: (alarm: Suppressible) => string | undefined
}

export type Suppressible = Pick<StoredKey, 'gateway' | 'rule' | 'point'>

export type Known = { readonly rows: readonly StoredAlarm[]; readonly keys: readonly StoredKey[] }

export type Incoming = {
  readonly gateway: string
  readonly event: AlarmEvent
  /** What the gateway's clock is ahead of ours. */
  readonly clockOffsetMs: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Row = Mutable<StoredAlarm>
type Key = Mutable<StoredKey>

/**
 * What events of gateways make of the alarms that are known: worked out in memory, to be written at once. An event that comes
 * again, out of order or late changes nothing that is newer, and calls nobody. No clock, no store.
 */
export class IntakePlan {
  readonly #rules: IntakeRules
  readonly #now: number
  readonly #rows: Map<string, Row>
  readonly #keys: Map<string, Key>
  readonly #overAlready = new Set<string>()
  readonly #changedRows = new Map<string, Row>()
  readonly #changedKeys = new Map<string, Key>()
  readonly history: StoredStep[] = []

  constructor(known: Known, rules: IntakeRules, now: number) {
    this.#rules = rules
    this.#now = now
    this.#rows = new Map(known.rows.map((row) => [idOf(row), { ...row }]))
    this.#keys = new Map(known.keys.map((key) => [keyName(key), { ...key }]))
  }

  get rows(): StoredAlarm[] {
    return [...this.#changedRows.values()]
  }

  get keys(): StoredKey[] {
    return [...this.#changedKeys.values()]
  }

  /** What came together, in its order. */
  take(incomings: readonly Incoming[]): void {
    for (const { gateway, event } of incomings)
      if (event.state === 'cleared') this.#overAlready.add(idOf({ gateway, occurrence: event.occurrence }))
    for (const incoming of incomings) {
      const { gateway, event } = incoming
      const row = this.#rows.get(idOf({ gateway, occurrence: event.occurrence }))
      if (event.state === 'raised') this.#raise(incoming, row)
      else this.#clear(incoming, row)
    }
  }

  #raise(incoming: Incoming, known: Row | undefined): void {
    const { gateway, event } = incoming
    if (known !== undefined) {
      if (known.raised_at !== null) return
      // Its clear came first: it is over, and when it began is all there is to learn.
      Object.assign(known, { raised_at: event.at, raise_value_json: JSON.stringify(event.value) })
      this.#step(known, 'raised')
      return
    }
    const key = this.#key(gateway, event)
    const before = key.occurrence === null ? undefined : this.#rows.get(`${gateway}/${key.occurrence}`)
    const row = this.#add(incoming)
    if (before !== undefined && (before.raised_at ?? before.cleared_at ?? 0) > event.at) {
      // Something newer of the same alarm is known: this one is over, whatever became of its clear.
      row.quiet = 'late'
      this.#step(row, 'raised')
      return
    }
    this.#activate(key, row)
    if (before !== undefined && isActive(lifeOf(before))) this.#goOn(row, before)
    else this.#begin(incoming, { key, row, before })
    key.occurrence = event.occurrence
    this.#changedKeys.set(keyName(key), key)
  }

  /** The gateway lost its memory and raised again what is on: one activation, which nobody is called for twice. */
  #goOn(row: Row, before: Row): void {
    const { life, acked_json, assigned_json, closed_json, annunciated_at, escalated, due_at, repeats } =
      before
    const { raised_at } = before
    Object.assign(row, { life, acked_json, assigned_json, closed_json, annunciated_at, escalated })
    Object.assign(row, { due_at, repeats, quiet: 'known' satisfies QuietReason })
    Object.assign(before, { life: 'normal', state: 'cleared', cleared_at: row.raised_at ?? raised_at })
    before.due_at = null
    this.#step(before, 'replaced')
    this.#step(row, 'raised')
  }

  #begin(
    { event, clockOffsetMs }: Incoming,
    { key, row, before }: { key: Key; row: Row; before: Row | undefined },
  ): void {
    const step = next(before === undefined ? 'normal' : lifeOf(before), 'raise', contextOf(row, false))
    if (typeof step === 'string') throw new Error(`an alarm that is over was not raised: ${step}`)
    row.life = step.to
    if (before !== undefined && lifeOf(before) !== 'normal') {
      row.repeats = before.repeats + 1
      this.#move(before, 'normal')
      this.#step(before, 'replaced')
    }
    if (row.life_safety === 0) {
      const suppressor = key.suppressed_by ?? this.#rules.suppressedBy(key)
      if (suppressor !== undefined && key.suppressed_by === null)
        Object.assign(key, { suppressed_by: suppressor, suppressed_at: this.#now })
    }
    const isLate = this.#now - (event.at - clockOffsetMs) > this.#rules.lateMs
    // What latches is not over before somebody has seen it.
    const isOver = row.latching === 0 && this.#overAlready.has(idOf(row))
    row.quiet = overlayOf(key) ?? (isLate ? 'late' : isOver ? 'cleared' : null)
    row.untold |= untold.raised
    if (row.quiet === null) {
      row.annunciated_at = this.#now
      row.untold |= untold.annunciated
    }
    this.#time(row, key)
    this.#step(row, 'raised', row.quiet === null)
  }

  #clear(incoming: Incoming, known: Row | undefined): void {
    const { gateway, event } = incoming
    if (known === undefined) {
      const row = this.#add(incoming)
      row.quiet = 'cleared'
      this.#step(row, 'cleared')
      return
    }
    if (known.cleared_at !== null) return
    Object.assign(known, { state: 'cleared', cleared_at: event.at })
    const key = this.#keys.get(keyName(known))
    const isCurrent = key?.occurrence === known.occurrence
    const isHidden = isCurrent && overlayOf(key) !== undefined
    const step = next(lifeOf(known), 'clear', contextOf(known, isHidden))
    if (typeof step === 'object') this.#move(known, step.to)
    if (key !== undefined) this.#time(known, key)
    this.#step(known, 'cleared')
    this.#rows.set(`${gateway}/${known.occurrence}`, known)
  }

  #move(row: Row, life: LifeState): void {
    row.life = life
    if (life === 'normal') row.due_at = null
  }

  #time(row: Row, key: Key): void {
    row.due_at = dueAt(timedOf(row, overlayOf(key) !== undefined), this.#rules.schedule, this.#rules.realarms)
  }

  #activate(key: Key, row: Row): void {
    const activations = withActivation(parsed<number[]>(key.activations_json) ?? [], row.raised_at ?? 0)
    key.activations_json = JSON.stringify(activations)
    row.chattering = Number(isChattering(activations))
  }

  #key(gateway: string, { rule, point }: AlarmEvent): Key {
    const name = keyName({ gateway, rule, point })
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const nothing = { shelved_until: null, shelf_json: null, service_json: null, pending_json: null }
    const key: Key = {
      ...{ gateway, rule, point, ...nothing },
      ...{ occurrence: null, activations_json: '[]', suppressed_by: null, suppressed_at: null },
    }
    this.#keys.set(name, key)
    return key
  }

  #add({ gateway, event }: Incoming): Row {
    const row = newRow(gateway, event, this.#now)
    this.#rows.set(idOf(row), row)
    return row
  }

  #step(row: Row, what: StepWord, isCounted = false): void {
    row.steps += 1
    row.untold |= untold.change
    this.#changedRows.set(idOf(row), row)
    const { gateway, occurrence, life } = row
    this.history.push({
      ...{ gateway, occurrence, n: row.steps, at: this.#now, what, life, counted: Number(isCounted) },
      ...{ by_json: null, note: null, detail_json: null },
    })
  }
}

/** What the timers go by. Pure. */
export function timedOf(row: StoredAlarm, isHidden: boolean) {
  return {
    priority: row.priority,
    life: lifeOf(row),
    annunciatedAt: row.annunciated_at,
    ackedAt: parsed<Acked>(row.acked_json)?.at,
    escalated: row.escalated,
    isClosed: row.closed_json !== null,
    isHidden,
  }
}

function newRow(gateway: string, event: AlarmEvent, now: number): Row {
  const isRaise = event.state === 'raised'
  const [device = ''] = event.point.split('/', 1)
  return {
    gateway,
    occurrence: event.occurrence,
    rule: event.rule,
    point: event.point,
    device: device === '' ? null : device,
    priority: event.priority,
    title_zh: event.title.zh ?? null,
    title_en: event.title.en ?? null,
    state: event.state,
    raised_at: isRaise ? event.at : null,
    cleared_at: isRaise ? null : event.at,
    raise_value_json: isRaise ? JSON.stringify(event.value) : null,
    limit_value: event.limit ?? null,
    received_at: now,
    life: 'normal',
    latching: Number(event.latch ?? false),
    life_safety: Number(isLifeSafety(event)),
    ...{ repeats: 1, chattering: 0, escalated: 0, untold: 0, steps: 0 },
    ...{ quiet: null, acked_json: null, assigned_json: null, closed_json: null },
    ...{ annunciated_at: null, due_at: null },
  }
}

/** By what the point measures, or because its rule says so; never by a name that a person gave. */
function isLifeSafety({ point, lifeSafety = false }: AlarmEvent): boolean {
  return lifeSafety || pointKind(point.slice(point.indexOf('/') + 1))?.lifeSafety === true
}
