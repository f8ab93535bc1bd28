import { createHash } from 'node:crypto'
import { readFile, rename } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { AlarmEvent } from '#contract/events.ts'
import { stale } from '#contract/quality.ts'
import type { Sample } from '#contract/sample.ts'
import type { Verdict } from '#gateway/rules/evaluate.ts'
import { limitOf, type Rule } from '#gateway/rules/rule.ts'
import type { Clock } from '#lib/clock.ts'
import { LatestWriter } from '#lib/latest-writer.ts'
import type { Logger } from '#lib/logger.ts'
import { validator } from '#lib/validate.ts'
import { type AlarmInput, type AlarmState, type Delays, next, normal, type Seen } from './alarm.ts'

export type EdgeAlarmPorts = {
  readonly rules: readonly Rule[]
  /** Remembers the active alarms, so that a restart neither raises them again nor forgets to clear them. */
  readonly file: string
  readonly clock: Clock
  readonly log: Logger
  /** Sends the event and resolves when it is on disk. */
  readonly emit: (event: AlarmEvent) => Promise<void>
}

export interface EdgeAlarms extends AsyncDisposable {
  /** What a sample means for a rule. Synchronous; the event has left for the uplink when this returns. */
  judge(rule: Rule, verdict: Verdict, sample: Sample): void
  readonly active: number
}

const Stored = Type.Object({ v: Type.Literal(1), active: Type.Array(AlarmEvent, { maxItems: 20_000 }) })
type Stored = Static<typeof Stored>

type Watched = {
  readonly rule: Rule
  readonly delays: Delays
  state: AlarmState
  raised?: AlarmEvent
  waiting: boolean
}

/** Keeps the state of every rule's alarm, over restarts, and turns its changes into events. */
export async function openEdgeAlarms({ rules, file, clock, log, emit }: EdgeAlarmPorts): Promise<EdgeAlarms> {
  const stopping = new AbortController()
  const watched = new Map(rules.map((rule) => [rule.id, watch(rule)]))
  const writer = new LatestWriter(file, (error) => log.error({ err: error, file }, 'alarm state not saved'))

  for (const raised of await readActive(file, log)) restore(raised)
  store()

  /** The raise is sent again: whether it was on disk before the restart is not known, and the cloud knows its id. */
  function restore(raised: AlarmEvent): void {
    const known = watched.get(raised.rule)
    send(raised)
    if (known === undefined || known.rule.point !== raised.point) {
      send({ ...raised, state: 'cleared', at: clock.now(), value: null })
      log.info({ rule: raised.rule }, 'alarm cleared: its rule is gone')
    } else {
      known.state = { phase: 'active', occurrence: raised.occurrence }
      known.raised = raised
    }
  }

  function step(one: Watched, input: AlarmInput): void {
    const { next: state, change } = next(one.state, input, one.delays, (seen) => occurrenceOf(one.rule, seen))
    one.state = state
    if (change !== undefined) {
      const occurrence = state.phase === 'active' ? state.occurrence : (one.raised?.occurrence ?? '')
      const event = eventOf(one.rule, change.state, { ...change.seen, occurrence })
      send(event)
      if (change.state === 'raised') one.raised = event
      else delete one.raised
      store()
      log.info({ rule: one.rule.id, state: change.state, value: event.value, at: event.at }, 'alarm changed')
    }
    if ('dueAt' in state && !one.waiting) waitFor(one)
  }

  /** One sleeper per rule: a value that flaps within the delay must not pile them up. */
  function waitFor(one: Watched): void {
    one.waiting = true
    const sleep = async (): Promise<void> => {
      while ('dueAt' in one.state && !stopping.signal.aborted) {
        await clock.sleep(Math.max(1, one.state.dueAt - clock.monotonic()), stopping.signal)
        if (!stopping.signal.aborted) step(one, { type: 'tick', now: clock.monotonic() })
      }
      one.waiting = false
    }
    sleep().catch((error: unknown) => log.error({ err: error, rule: one.rule.id }, 'alarm delay failed'))
  }

  function send(event: AlarmEvent): void {
    emit(event).catch((error: unknown) =>
      log.error({ err: error, rule: event.rule }, 'alarm event not stored'),
    )
  }

  function store(): void {
    const stored: Stored = { v: 1, active: activeEvents() }
    writer.write(JSON.stringify(stored))
  }

  function activeEvents(): AlarmEvent[] {
    return [...watched.values()].map((one) => one.raised).filter((event) => event !== undefined)
  }

  return {
    judge(rule, verdict, sample) {
      const one = watched.get(rule.id)
      if (one === undefined) return
      const now = clock.monotonic()
      const seen = { at: sample.t, value: sample.value }
      if (verdict === 'beyond') {
        // A point that is called stale has been silent since its last value.
        const sinceMs = sample.quality === stale ? (rule.silentMs ?? 0) : 0
        step(one, { type: 'beyond', now, seen, sinceMs })
        // A moment is over when it happened; the next one within the delay belongs to it.
        if (rule.momentMs !== undefined) step(one, { type: 'within', now, seen })
      } else if (verdict === 'within') step(one, { type: 'within', now, seen })
      else step(one, { type: verdict, now })
    },
    get active() {
      return activeEvents().length
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await writer[Symbol.asyncDispose]()
    },
  }
}

function watch(rule: Rule): Watched {
  const delays = { onDelayMs: rule.onDelayMs, offDelayMs: rule.momentMs ?? rule.offDelayMs }
  return { rule, delays, state: normal, waiting: false }
}

/** As long as the contract lets it be. */
const maxOccurrence = 64

/** The same sample gives the same id: an event that is sent twice is one alarm. */
function occurrenceOf(rule: Rule, { at }: Seen): string {
  const id = `${rule.id}-${Math.trunc(at).toString(36)}`
  return id.length <= maxOccurrence
    ? id
    : createHash('sha256').update(id).digest('hex').slice(0, maxOccurrence)
}

function eventOf(rule: Rule, state: 'raised' | 'cleared', seen: Seen & { occurrence: string }): AlarmEvent {
  const limit = limitOf(rule)
  return {
    kind: 'alarm',
    occurrence: seen.occurrence,
    rule: rule.id,
    point: rule.point,
    state,
    priority: rule.priority,
    at: seen.at,
    value: seen.value,
    ...(limit === undefined ? {} : { limit }),
    title: rule.title,
    ...(rule.latch === true ? { latch: true } : {}),
    ...(rule.lifeSafety === true ? { lifeSafety: true } : {}),
  }
}

const checkStored = validator(Stored)

/** A file that cannot be used is set aside and said: alarms that are still on will be raised anew. */
async function readActive(file: string, log: Logger): Promise<readonly AlarmEvent[]> {
  let problem: unknown
  try {
    const stored = checkStored(JSON.parse(await readFile(file, 'utf8')))
    if (stored.ok) return stored.value.active
    problem = stored.problems
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    problem = error
  }
  await rename(file, `${file}.unreadable`)
  log.error({ file, problem: String(problem) }, 'alarm state not readable; set aside')
  return []
}
