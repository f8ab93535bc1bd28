import { isMap, laidOver } from './overlay.ts'
import type { ProfileProblem, ProfileSource } from './profile-source.ts'

/** A profile and what it extends, itself first. */
export type Layers = readonly [ProfileSource, ...ProfileSource[]]
export type ParentOf = (id: string) => ProfileSource | undefined

/** The profile itself and three above it. */
const maxLayers = 4

type Found =
  | { readonly ok: true; readonly layers: Layers }
  | { readonly ok: false; readonly problems: readonly ProfileProblem[] }

/** Follows `extends` upwards. Pure but for `parentOf`. */
export function layersOf(source: ProfileSource, parentOf: ParentOf): Found {
  const layers: [ProfileSource, ...ProfileSource[]] = [source]
  for (let last = source; ; ) {
    const id = isMap(last.value) ? last.value.extends : undefined
    if (typeof id !== 'string') return { ok: true, layers }
    const parent = parentOf(id)
    const wrong = problemWith(layers, parent, id)
    if (wrong !== undefined || parent === undefined) return failed(last, wrong ?? '')
    layers.push(parent)
    last = parent
  }
}

function problemWith(layers: Layers, parent: ProfileSource | undefined, id: string): string | undefined {
  if (parent === undefined) return `there is no readable profile ${id} to extend`
  if (layers.some(({ file }) => file === parent.file)) return `${id} extends this profile itself`
  if (layers.length >= maxLayers) return 'more than 3 profiles above each other'
  const [{ value }] = layers
  const [own, theirs] = [value, parent.value].map((one) => (isMap(one) ? one.protocol : undefined))
  return own === theirs ? undefined : `${id} speaks ${String(theirs)} and this profile ${String(own)}`
}

function failed({ file, lineOf }: ProfileSource, message: string): Found {
  const line = lineOf(['extends'])
  const where = line === undefined ? { file } : { file, line }
  return { ok: false, problems: [{ ...where, path: 'extends', message }] }
}

/** Everybody says for himself who he is, what proves him, and whether he is only a base. */
const notInherited = ['id', 'version', 'title', 'provenance', 'tests', 'abstract', 'extends']

export function inheritable(value: unknown): unknown {
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key]) => !notInherited.includes(key)))
}

export function merged([own, ...above]: Layers): unknown {
  const under = above.reduceRight<unknown>((all, { value }) => laidOver(all, inheritable(value)), {})
  return laidOver(under, own.value)
}
