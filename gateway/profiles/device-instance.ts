import { type Static, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'

const AlarmOverride = Type.Union([
  Type.Literal('off'),
  Type.Object(
    {
      above: Type.Optional(Type.Number()),
      below: Type.Optional(Type.Number()),
      stale: Type.Optional(Duration()),
      delta_above: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
      for: Type.Optional(Duration()),
      clear: Type.Optional(
        Type.Object(
          {
            above: Type.Optional(Type.Number()),
            below: Type.Optional(Type.Number()),
            for: Type.Optional(Duration()),
          },
          { additionalProperties: false },
        ),
      ),
      severity: Type.Optional(
        Type.Union([
          Type.Literal('info'),
          Type.Literal('minor'),
          Type.Literal('major'),
          Type.Literal('critical'),
        ]),
      ),
    },
    { additionalProperties: false },
  ),
])
export type AlarmOverride = Static<typeof AlarmOverride>

/** One installed device in the gateway's configuration: what its profile cannot know. */
export const DeviceInstance = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{1,62}$',
      expects: 'an id of lower-case letters, digits and -, such as meter-1',
    }),
    profile: Type.String({ maxLength: 100, description: 'Id of a file in the profiles folder' }),
    title: Type.Optional(LocalText),
    location: Type.Optional(LocalText),
    model: Type.Optional(
      Type.String({ maxLength: 100, description: 'The first model of the profile if absent' }),
    ),
    bus: Type.Optional(Type.String({ maxLength: 63, description: 'Id of an entry of buses; Modbus only' })),
    unit: Type.Optional(Type.Integer({ minimum: 0, maximum: 255, description: 'Modbus unit id' })),
    variant: Type.Optional(
      Type.String({ maxLength: 40, description: 'Variant of the profile: another firmware or setting' }),
    ),
    confirmed: Type.Optional(
      Type.Array(Type.String({ maxLength: 100 }), {
        maxItems: 512,
        description: 'Points of low confidence that were checked at this device; the others stay hidden',
      }),
    ),
    setup: Type.Optional(
      Type.Literal('consented', { description: "The profile's one-time settings may be written" }),
    ),
    alarms: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z0-9_]{0,49}$' }), AlarmOverride, {
        additionalProperties: false,
        description: 'Alarms of the profile that are off or different here',
      }),
    ),
    host: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: 'Cameras only' })),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: "Cameras; the profile's ports if absent" }),
    ),
    channel: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 256, description: 'Channel of a recorder; cameras only' }),
    ),
    username: Type.Optional(Type.String({ maxLength: 100, description: 'Cameras only' })),
    password: Type.Optional(
      Type.String({ maxLength: 200, description: 'Better: passwordFile, or a variable' }),
    ),
    passwordFile: Type.Optional(Type.String({ maxLength: 300, description: 'Cameras only' })),
    params: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([
          Type.Number(),
          Type.String({ maxLength: 200 }),
          Type.Array(Type.Integer(), { maxItems: 256 }),
        ]),
      ),
    ),
  },
  { additionalProperties: false },
)
export type DeviceInstance = Static<typeof DeviceInstance>
