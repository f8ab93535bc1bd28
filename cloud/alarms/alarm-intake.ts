import type { Database } from '#cloud/state/database.ts'
import type { AlarmEvent } from '#contract/events.ts'
import { type Incoming, IntakePlan, type IntakeRules } from './intake-plan.ts'
import type { StoredAlarm, StoredKey } from './stored-alarm.ts'

export type AlarmTold = { readonly gateway: string; readonly event: AlarmEvent }

/** Rows of one statement: far below the number of parameters that both stores take. */
const atOnce = 200

/** Stores what gateways tell of their alarms. In the caller's transaction: all of it or nothing. */
export class AlarmIntake {
  readonly #rules: IntakeRules

  constructor(rules: IntakeRules) {
    this.#rules = rules
  }

  /** A few statements, however many alarms there are; those that need not wait for each other do not. */
  async store(trx: Database, told: readonly AlarmTold[], now: number): Promise<void> {
    if (told.length === 0) return
    const byGateway = [...Map.groupBy(told, ({ gateway }) => gateway)]
    const asked = byGateway.flatMap(([gateway, some]) =>
      inParts(some.map(({ event }) => event)).map((events) => ({ gateway, events })),
    )
    const [keys, rows] = await Promise.all([
      Promise.all(asked.map((some) => keysOf(trx, some))),
      Promise.all(asked.map((some) => rowsOf(trx, some))),
    ])
    const offsets = new Map(keys.flat().map(({ id, clock_offset_ms }) => [id, clock_offset_ms ?? 0]))
    const known = { rows: rows.flat(), keys: keys.flatMap((some) => some.flatMap(keyOf)) }
    const plan = new IntakePlan(known, this.#rules, now)
    plan.take(
      told.map(
        ({ gateway, event }): Incoming => ({ gateway, event, clockOffsetMs: offsets.get(gateway) ?? 0 }),
      ),
    )
    await Promise.all([
      ...inParts(plan.rows).map((some) => saveRows(trx, some)),
      ...inParts(plan.keys).map((some) => saveKeys(trx, some)),
      ...inParts(plan.history).map((steps) => trx.insertInto('alarm_history').values(steps).execute()),
    ])
  }
}

type Asked = { readonly gateway: string; readonly events: readonly AlarmEvent[] }
type KeyOrNone = { readonly [K in keyof StoredKey]: StoredKey[K] | null }

/** The alarms that are told of, with the clock of their gateway, which is there even where no alarm is known. */
async function keysOf(trx: Database, { gateway, events }: Asked) {
  const rules = [...new Set(events.map(({ rule }) => rule))]
  return await trx
    .selectFrom('gateways as g')
    .leftJoin('alarm_keys as k', (join) => join.onRef('k.gateway', '=', 'g.id').on('k.rule', 'in', rules))
    .select(['g.id', 'g.clock_offset_ms'])
    .selectAll('k')
    .where('g.id', '=', gateway)
    .execute()
}

function keyOf({
  id: _,
  clock_offset_ms: _offset,
  ...key
}: KeyOrNone & { readonly id: string; readonly clock_offset_ms: number | null }): StoredKey[] {
  const { gateway, rule, point, activations_json } = key
  if (gateway === null || rule === null || point === null || activations_json === null) return []
  return [{ ...key, gateway, rule, point, activations_json }]
}

/** The occurrences that are told of, and the newest one of each alarm. */
async function rowsOf(trx: Database, { gateway, events }: Asked): Promise<StoredAlarm[]> {
  const occurrences = [...new Set(events.map(({ occurrence }) => occurrence))]
  const rules = [...new Set(events.map(({ rule }) => rule))]
  return await trx
    .selectFrom('alarm_events')
    .selectAll()
    .where('gateway', '=', gateway)
    .where((eb) =>
      eb.or([
        eb('occurrence', 'in', occurrences),
        eb(
          'occurrence',
          'in',
          eb
            .selectFrom('alarm_keys')
            .select('occurrence')
            .where('gateway', '=', gateway)
            .where('rule', 'in', rules)
            .where('occurrence', 'is not', null),
        ),
      ]),
    )
    .execute()
}

/** Writes whole rows, new or changed. */
export async function saveRows(trx: Database, rows: readonly StoredAlarm[]): Promise<void> {
  await trx
    .insertInto('alarm_events')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['gateway', 'occurrence']).doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        raised_at: ref('excluded.raised_at'),
        cleared_at: ref('excluded.cleared_at'),
        raise_value_json: ref('excluded.raise_value_json'),
        life: ref('excluded.life'),
        repeats: ref('excluded.repeats'),
        chattering: ref('excluded.chattering'),
        escalated: ref('excluded.escalated'),
        untold: ref('excluded.untold'),
        steps: ref('excluded.steps'),
        quiet: ref('excluded.quiet'),
        acked_json: ref('excluded.acked_json'),
        assigned_json: ref('excluded.assigned_json'),
        closed_json: ref('excluded.closed_json'),
        annunciated_at: ref('excluded.annunciated_at'),
        due_at: ref('excluded.due_at'),
      })),
    )
    .execute()
}

export async function saveKeys(trx: Database, keys: readonly StoredKey[]): Promise<void> {
  await trx
    .insertInto('alarm_keys')
    .values([...keys])
    .onConflict((conflict) =>
      conflict.columns(['gateway', 'rule', 'point']).doUpdateSet(({ ref }) => ({
        occurrence: ref('excluded.occurrence'),
        activations_json: ref('excluded.activations_json'),
        shelved_until: ref('excluded.shelved_until'),
        shelf_json: ref('excluded.shelf_json'),
        service_json: ref('excluded.service_json'),
        suppressed_by: ref('excluded.suppressed_by'),
        suppressed_at: ref('excluded.suppressed_at'),
        pending_json: ref('excluded.pending_json'),
      })),
    )
    .execute()
}

function inParts<T>(items: readonly T[]): T[][] {
  const parts: T[][] = []
  for (let from = 0; from < items.length; from += atOnce) parts.push(items.slice(from, from + atOnce))
  return parts
}
