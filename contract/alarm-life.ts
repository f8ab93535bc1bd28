/**
 * The life of an alarm after ISA-18.2-2016 / IEC 62682: states A to F of their diagram, and the three states G to I as overlays
 * that hide an alarm while it is still evaluated and logged. Both the cloud and the console draw from here. Pure.
 */
export const lifeStates = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'rtn-unacknowledged',
  'latch-unacknowledged',
  'latch-acknowledged',
] as const
export type LifeState = (typeof lifeStates)[number]

/** `reveal`: the last overlay has ended, so what is there is looked at anew. */
export const lifeEvents = ['raise', 'clear', 'ack', 'realarm', 'reset', 'reveal'] as const
export type LifeEvent = (typeof lifeEvents)[number]

/** Strongest first: the one that is shown when there are several. */
export const overlays = ['out-of-service', 'suppressed', 'shelved'] as const
export type Overlay = (typeof overlays)[number]

/** Why an alarm was stored without calling anybody. `known`: the gateway told again what was known to be on. */
export const quietReasons = ['late', 'cleared', 'known', 'shelved', 'suppressed', 'out-of-service'] as const
export type QuietReason = (typeof quietReasons)[number]

export const outcomes = ['true', 'false-alarm', 'drill', 'maintenance'] as const
export type Outcome = (typeof outcomes)[number]

/** What can happen to an alarm, as its history calls it. */
export const stepWords = [
  'raised',
  'cleared',
  'acknowledged',
  'realarmed',
  'escalated',
  'reset',
  'shelved',
  'unshelved',
  'suppressed',
  'unsuppressed',
  'out-of-service',
  'in-service',
  'asked',
  'approved',
  'declined',
  'commented',
  'assigned',
  'ticked',
  'unticked',
  'photographed',
  'closed',
  'replaced',
] as const
export type StepWord = (typeof stepWords)[number]

/** `new` is an annunciation that the figures count; `again` sounds and is not counted; absent: silent. */
export type Step = { readonly to: LifeState; readonly calls?: 'new' | 'again' }
export type Transition = Step | 'ignored' | 'refused'

export type LifeContext = {
  /** It stays on, after the process is normal again, until a person resets it. */
  readonly latching: boolean
  /** Somebody was called for it. What nobody was called for needs nobody's acknowledgement when it is over. */
  readonly told: boolean
}

type Row = Readonly<Record<LifeEvent, (context: LifeContext) => Transition>>

const ignored = () => 'ignored' as const
const refused = () => 'refused' as const
const to = (state: LifeState, calls?: Step['calls']) => (): Step =>
  calls === undefined ? { to: state } : { to: state, calls }
const cleared =
  (plain: LifeState, latched: LifeState) =>
  ({ latching, told }: LifeContext): Step => {
    if (!told) return { to: 'normal' }
    return { to: latching ? latched : plain }
  }

/**
 * A latched alarm that comes again is unacknowledged again: the standard's diagram does not say, and a reset must not end what
 * is on.
 */
const table: Readonly<Record<LifeState, Row>> = {
  normal: {
    raise: to('unacknowledged', 'new'),
    clear: ignored,
    ack: refused,
    realarm: ignored,
    reset: refused,
    reveal: ignored,
  },
  unacknowledged: {
    raise: ignored,
    clear: cleared('rtn-unacknowledged', 'latch-unacknowledged'),
    ack: to('acknowledged'),
    realarm: ignored,
    reset: refused,
    reveal: to('unacknowledged', 'new'),
  },
  acknowledged: {
    raise: ignored,
    clear: cleared('normal', 'latch-acknowledged'),
    ack: refused,
    realarm: to('unacknowledged', 'again'),
    reset: refused,
    reveal: to('unacknowledged', 'new'),
  },
  'rtn-unacknowledged': {
    raise: to('unacknowledged', 'new'),
    clear: ignored,
    ack: to('normal'),
    realarm: ignored,
    reset: refused,
    reveal: to('normal'),
  },
  'latch-unacknowledged': {
    raise: to('unacknowledged', 'new'),
    clear: ignored,
    ack: to('latch-acknowledged'),
    realarm: ignored,
    reset: refused,
    reveal: ignored,
  },
  'latch-acknowledged': {
    raise: to('unacknowledged', 'new'),
    clear: ignored,
    ack: refused,
    realarm: ignored,
    reset: to('normal'),
    reveal: ignored,
  },
}

export function next(state: LifeState, event: LifeEvent, context: LifeContext): Transition {
  return table[state][event](context)
}

/** The process is not normal. */
export function isActive(state: LifeState): boolean {
  return state === 'unacknowledged' || state === 'acknowledged'
}

/** Somebody has to acknowledge it. */
export function isUnacknowledged(state: LifeState): boolean {
  switch (state) {
    case 'unacknowledged':
    case 'rtn-unacknowledged':
    case 'latch-unacknowledged':
      return true
    case 'normal':
    case 'acknowledged':
    case 'latch-acknowledged':
      return false
  }
}

/** Over, and still on until a person resets it. */
export function isLatched(state: LifeState): boolean {
  return state === 'latch-unacknowledged' || state === 'latch-acknowledged'
}

/** Where the console shows an alarm. `history`: it is over for everybody. */
export const tabs = ['pending', 'handling', 'returned', 'shelved', 'history'] as const
export type Tab = (typeof tabs)[number]

export type Standing = {
  readonly life: LifeState
  readonly overlay?: Overlay | undefined
  readonly isAcknowledged: boolean
  readonly isClosed: boolean
}

export function tabOf({ life, overlay, isAcknowledged, isClosed }: Standing): Tab {
  if (overlay !== undefined) return 'shelved'
  if (life === 'normal' && (isClosed || !isAcknowledged)) return 'history'
  if (life === 'rtn-unacknowledged') return 'returned'
  return isUnacknowledged(life) ? 'pending' : 'handling'
}

export const actions = [
  'ack',
  'shelve',
  'unshelve',
  'outOfService',
  'returnToService',
  'approve',
  'reset',
  'close',
  'comment',
  'assign',
] as const
export type Action = (typeof actions)[number]
export type Can = Readonly<Record<Action, boolean>>

export type Subject = Standing & {
  readonly lifeSafety: boolean
  /** A request of somebody waits for a second person. */
  readonly isPending: boolean
}
export type May = { readonly handle: boolean; readonly approve: boolean }

/** What a person with these permissions can do with an alarm now. The server decides by the same. */
export function actionsOf(alarm: Subject, { handle, approve }: May): Can {
  const { life, overlay, lifeSafety, isPending, isClosed } = alarm
  const isStanding = tabOf(alarm) !== 'history'
  return {
    ack: handle && overlay === undefined && isUnacknowledged(life),
    // Fire, gas, CO and the one-key alarm are never shelved (standards digest § 5.3).
    shelve: handle && isStanding && !lifeSafety && overlay === undefined && !isPending,
    unshelve: handle && overlay === 'shelved',
    outOfService: handle && overlay !== 'out-of-service' && !isPending,
    returnToService: handle && overlay === 'out-of-service',
    approve: approve && isPending,
    reset: handle && life === 'latch-acknowledged',
    close: handle && isStanding && !isClosed && overlay === undefined && !isLatched(life),
    comment: handle,
    assign: handle && isStanding,
  }
}
