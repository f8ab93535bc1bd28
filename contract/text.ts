import { type Static, Type } from 'typebox'

/** Text for people in the languages of the console. At least one of the two is there. */
export const LocalText = Type.Object(
  {
    zh: Type.Optional(Type.String({ maxLength: 200 })),
    en: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false, description: 'Text by language: zh, en' },
)
export type LocalText = Static<typeof LocalText>
