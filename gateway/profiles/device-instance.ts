import { type Static, Type } from 'typebox'
import { LocalText } from '#contract/text.ts'

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
