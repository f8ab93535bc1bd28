import type { Finding } from '#lib/explain.ts'
import { expandPoints } from './expand.ts'
import { lintModbus } from './lint-modbus.ts'
import { lintMqtt } from './lint-mqtt.ts'
import { lintNames } from './lint-names.ts'
import { lintPoint, lintTemplate } from './lint-points.ts'
import { broken } from './lint-rule.ts'
import { typicalParams } from './params.ts'
import type { Profile } from './profile.ts'

const maxPoints = 512

/** What the schema cannot say: names that must exist, words that must fit together. Lists everything at once. Pure. */
export function lintProfile(profile: Profile): Finding[] {
  const points = expandPoints(profile, typicalParams(profile))
  return [
    ...broken([[points.length > maxPoints, ['points'], `more than ${maxPoints} points`]]),
    ...lintNames(profile, points),
    ...points.flatMap(lintPoint),
    ...Object.keys(profile.points).flatMap((template) => lintTemplate(profile, template)),
    ...(profile.protocol === 'modbus' ? lintModbus(profile) : lintMqtt(profile)),
    ...lintTests(profile),
  ]
}

/** Every profile proves what it says: what can be written has a vector, and every vector expects something. */
function lintTests(profile: Profile): Finding[] {
  const written = new Set(profile.tests.flatMap(({ write = {} }) => Object.keys(write)))
  const points = expandPoints(profile, typicalParams(profile))
  const proven = new Set(points.filter(({ id }) => written.has(id)).map(({ template }) => template))
  return [
    ...Object.entries(profile.points).flatMap(([template, { write }]) =>
      broken([
        [
          write !== undefined && !proven.has(template),
          ['points', template, 'write'],
          'no test writes this point',
        ],
      ]),
    ),
    ...profile.tests.flatMap(({ expect, none, write }, i) =>
      broken([[(expect ?? none ?? write) === undefined, ['tests', i], 'a test that expects nothing']]),
    ),
  ]
}
