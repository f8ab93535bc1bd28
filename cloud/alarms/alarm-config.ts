import { type Static, Type } from 'typebox'
import { escalationTargets } from '#contract/api/alarms.ts'
import { LocalText } from '#contract/text.ts'
import { Duration, parseDuration } from '#lib/quantity.ts'
import type { EscalationStep } from './escalation.ts'

const closed = { additionalProperties: false } as const
const Priority = Type.Integer({ minimum: 1, maximum: 4 })
const Clock = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', expects: 'a time of day such as 08:00' })
const Day = Type.String({
  pattern: '^(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$',
  expects: 'a day of the year such as 11-15',
})
const names = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 300 }), { minItems: 1, maxItems: 500, description }))

const Escalation = Type.Object(
  {
    priority: Priority,
    after: Duration({ description: 'Since people were called' }),
    to: Type.Union(
      escalationTargets.map((word) => Type.Literal(word)),
      { description: 'Whom to call then' },
    ),
  },
  closed,
)

export const SuppressionConfig = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{1,62}$',
      expects: 'an id of lower-case letters, digits and -',
    }),
    title: LocalText,
    alarms: Type.Object(
      {
        gateways: names('Ids of gateways'),
        devices: names('<gateway>/<device>'),
        rules: names('Ids of rules'),
        kinds: names('Rows of the point vocabulary, such as temperature'),
        places: names('Places of the organisation, with all below them'),
      },
      { ...closed, minProperties: 1, description: 'Which alarms; all that is named has to fit' },
    ),
    while: Type.Union(
      [
        Type.Object({ season: Type.Object({ from: Day, to: Day }, closed) }, closed),
        Type.Object(
          { alarm: Type.String({ description: '<gateway>/<rule> of an alarm that is on' }) },
          closed,
        ),
        Type.Object(
          {
            point: Type.String({ description: '<gateway>/<device>/<point>' }),
            equals: Type.Union([Type.Boolean(), Type.Number(), Type.String()]),
          },
          closed,
        ),
      ],
      { description: 'A part of the year, both days included, an alarm that is on, or the value of a point' },
    ),
  },
  closed,
)
export type SuppressionConfig = Static<typeof SuppressionConfig>

export const AlarmsConfig = Type.Object(
  {
    clockOffset: Duration({
      default: '60s',
      description: 'A gateway whose clock is off by more raises an alarm; half of it clears it',
    }),
    lateAfter: Duration({
      default: '10m',
      description: 'What was raised longer ago when it arrives is stored and calls nobody',
    }),
    escalation: Type.Array(Escalation, {
      default: [
        { priority: 1, after: '30s', to: 'lead' },
        { priority: 1, after: '2m', to: 'school-head' },
        { priority: 1, after: '5m', to: 'district' },
      ],
      maxItems: 40,
      description: 'Whom to call when nobody has acknowledged',
    }),
    realarm: Type.Array(Type.Object({ priority: Priority, after: Duration() }, closed), {
      default: [
        { priority: 1, after: '30m' },
        { priority: 2, after: '2h' },
      ],
      maxItems: 4,
      description: 'An acknowledged alarm that is still on after this long calls again',
    }),
    shifts: Type.Array(Clock, {
      default: ['08:00', '16:00', '00:00'],
      minItems: 1,
      maxItems: 12,
      description: 'When shifts change, on the clock of the site',
    }),
    suppress: Type.Array(SuppressionConfig, {
      default: [],
      maxItems: 200,
      description: 'Alarms that are hidden by design while something is so; never those that lives depend on',
    }),
    cameraLinks: Type.Array(
      Type.Object(
        {
          device: Type.String({ description: '<gateway>/<device> that an alarm is about' }),
          cameras: Type.Array(Type.String({ description: '<gateway>/<device>' }), { maxItems: 15 }),
        },
        closed,
      ),
      {
        default: [],
        maxItems: 5_000,
        description: 'Cameras that belong to a device beside those in its room or on its floor',
      },
    ),
  },
  { ...closed, default: {} },
)
export type AlarmsConfig = Static<typeof AlarmsConfig>

/** The same as the parts need it. */
export type AlarmSettings = {
  readonly lateMs: number
  readonly schedule: Readonly<Partial<Record<number, readonly EscalationStep[]>>>
  readonly realarms: Readonly<Partial<Record<number, number>>>
  readonly shifts: readonly string[]
  readonly suppress: readonly SuppressionConfig[]
  readonly cameraLinks: ReadonlyMap<string, readonly string[]>
}

/** Pure. */
export function alarmSettings(config: AlarmsConfig): AlarmSettings {
  const schedule: Record<number, EscalationStep[]> = {}
  for (const { priority, after, to } of config.escalation) {
    const step = { afterMs: parseDuration(after), to }
    schedule[priority] = [...(schedule[priority] ?? []), step].sort((a, b) => a.afterMs - b.afterMs)
  }
  return {
    lateMs: parseDuration(config.lateAfter),
    schedule,
    realarms: Object.fromEntries(
      config.realarm.map(({ priority, after }) => [priority, parseDuration(after)]),
    ),
    shifts: config.shifts,
    suppress: config.suppress,
    cameraLinks: new Map(config.cameraLinks.map(({ device, cameras }) => [device, cameras])),
  }
}

/** With nothing configured. */
export const defaultAlarmSettings: AlarmSettings = {
  lateMs: 600_000,
  schedule: {
    1: [
      { afterMs: 30_000, to: 'lead' },
      { afterMs: 120_000, to: 'school-head' },
      { afterMs: 300_000, to: 'district' },
    ],
  },
  realarms: { 1: 1_800_000, 2: 7_200_000 },
  shifts: ['08:00', '16:00', '00:00'],
  suppress: [],
  cameraLinks: new Map(),
}
