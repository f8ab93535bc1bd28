import type { Finding, Path } from '#lib/explain.ts'
import { expandPoints } from './expand.ts'
import { lintModbus } from './lint-modbus.ts'
import { lintMqtt } from './lint-mqtt.ts'
import { lintNames } from './lint-names.ts'
import { lintOnvif } from './lint-onvif.ts'
import { lintPoint, lintTemplate } from './lint-points.ts'
import { broken, type Rule } from './lint-rule.ts'
import { typicalParams } from './params.ts'
import type { Profile } from './profile.ts'

const maxPoints = 512

/**
 * What the schema cannot say: names that must exist, words that must fit together. Lists everything at once. `whole` is
 * the profile as it stands, where `profile` is one of its variants. Pure.
 */
export function lintProfile(profile: Profile, whole = profile): Finding[] {
  const points = expandPoints(profile, typicalParams(profile))
  return [
    ...broken([[points.length > maxPoints, ['points'], `more than ${maxPoints} points`]]),
    ...lintNames(profile, { points, whole }),
    ...points.flatMap(lintPoint),
    ...Object.keys(profile.points).flatMap((template) => lintTemplate(profile, template)),
    ...lintProtocol(profile),
    ...lintVariants(profile),
    ...lintTests(profile),
  ]
}

function lintProtocol(profile: Profile): Finding[] {
  switch (profile.protocol) {
    case 'modbus':
      return lintModbus(profile)
    case 'mqtt':
      return lintMqtt(profile)
    case 'onvif':
      return lintOnvif(profile)
  }
}

function lintVariants({ variants = {}, params = {}, tests }: Profile): Finding[] {
  const selected = Object.entries(variants).flatMap(([name, { select }]): Rule[] => {
    if (typeof select === 'string') return []
    const param = params[select.param]
    const path: Path = ['variants', name, 'select']
    const options = param?.type === 'enum' ? param.options : undefined
    const isOption = options === undefined || options.includes(String(select.is))
    return [
      [param === undefined, path, `${select.param} is not a parameter`],
      [param !== undefined && !isOption, path, `${select.is} is not an option of ${select.param}`],
    ]
  })
  const named = tests.map(({ variant }, i): Rule => {
    const isKnown = variant === undefined || Object.hasOwn(variants, variant)
    return [!isKnown, ['tests', i, 'variant'], `there is no variant ${variant}`]
  })
  return broken([...selected, ...named])
}

/** What is no mistake and still deserves a look. */
export function lintWarnings(profile: Profile): Finding[] {
  if (profile.protocol !== 'modbus') return []
  return broken(
    Object.entries(profile.points).map(([template, { from, unit, wrap }]): Rule => {
      const wraps = from !== undefined && ['u32', 'i32'].includes(from.type) && /^[WV].*\.h/.test(unit ?? '')
      const message = 'a 32-bit counter of watt-hours starts again at 0 one day: say at what number with wrap'
      return [wraps && wrap === undefined, ['points', template], message]
    }),
  )
}

/** Every profile proves what it says: what can be written has a vector, and every vector expects something. */
function lintTests(profile: Profile): Finding[] {
  const vectors = profile.tests as readonly Vector[]
  const written = new Set(vectors.flatMap(({ write = {} }) => Object.keys(write)))
  const points = expandPoints(profile, typicalParams(profile))
  const proven = new Set(points.filter(({ id }) => written.has(id)).map(({ template }) => template))
  const needed = profile.protocol === 'onvif' ? [] : Object.entries(profile.points)
  return broken([
    ...needed.map(([template, { write }]): Rule => {
      const isOpen = write !== undefined && !proven.has(template)
      return [isOpen, ['points', template, 'write'], 'no test writes this point']
    }),
    ...vectors.map(({ expect, none, write, history }, i): Rule => {
      return [(expect ?? none ?? write ?? history) === undefined, ['tests', i], 'a test that expects nothing']
    }),
  ])
}

type Vector = {
  readonly expect?: object
  readonly none?: readonly string[]
  readonly write?: object
  readonly history?: readonly object[]
}
