import { Check, Errors } from 'typebox/schema'
import { explain, type Finding } from '#lib/explain.ts'
import { deepFreeze, problemAt } from '#lib/load-config.ts'
import { inheritable, type Layers, merged } from './inherit.ts'
import { lintProfile, lintWarnings } from './lint-profile.ts'
import { isMap, ownerOf } from './overlay.ts'
import { partial } from './partial-schema.ts'
import { type Profile, profileSchemas } from './profile.ts'
import type { ProfileProblem } from './profile-source.ts'
import { withVariant } from './variants.ts'

/** A profile, or everything that is wrong with it; warnings alone do not keep it from being used. */
export type Checked = {
  readonly profile?: Profile
  readonly problems: readonly ProfileProblem[]
  readonly warnings: readonly ProfileProblem[]
}

type Protocol = keyof typeof profileSchemas

/** Merged, then checked: a problem is told where the key stands, in this file or in one that it extends. Pure. */
export function checkProfile(layers: Layers): Checked {
  const whole = merged(layers)
  const protocol = protocolOf(whole) ?? protocolOfFolder(layers)
  if (protocol === undefined) {
    const finding = { path: ['protocol'], message: 'expected one of "modbus", "mqtt", "onvif"' }
    return { problems: [located(layers, finding)], warnings: [] }
  }
  if (isMap(whole) && whole.abstract === true) return checkAbstract(layers, whole, protocol)
  const checked = fitted(whole, profileSchemas[protocol])
  if (checked.findings.length > 0) return failed(layers, checked.findings)
  const profile = checked.value as Profile
  const findings = [...lintProfile(profile), ...lintPlace(profile, layers), ...variantFindings(profile)]
  if (findings.length > 0) return failed(layers, findings)
  const warnings = lintWarnings(profile).map((finding) => located(layers, finding))
  return { profile: deepFreeze(profile), problems: [], warnings }
}

/** A base need not be whole: its children are, and a mistake of it is then told with its own file. */
function checkAbstract(layers: Layers, whole: unknown, protocol: Protocol): Checked {
  const { findings, value } = fitted(whole, partial(profileSchemas[protocol]))
  const all = [...findings, ...(findings.length > 0 ? [] : lintPlace(value as Profile, layers))]
  return all.length > 0
    ? failed(layers, all)
    : { profile: deepFreeze(value as Profile), problems: [], warnings: [] }
}

/** Every variant has to be a whole profile too. */
function variantFindings(profile: Profile): Finding[] {
  return Object.entries(profile.variants ?? {}).flatMap(([name, overlay]) => {
    const { findings, value } = fitted(withVariant(profile, name), profileSchemas[profile.protocol])
    const all = findings.length > 0 ? findings : lintProfile(value as Profile, profile)
    return all.map(({ path, message }) => {
      const isOwn = ownerOf([overlay, profile], path) === 0
      return { path: isOwn ? ['variants', name, ...path] : path, message: `in variant ${name}: ${message}` }
    })
  })
}

type Fitted = { readonly value: unknown; readonly findings: readonly Finding[] }

function fitted(value: unknown, schema: object): Fitted {
  const explained = explain(schema, value)
  // Not compiled: profiles are read once, and the code made for a large schema would stay in memory.
  if (explained.findings.length > 0 || Check(schema, explained.value)) return explained
  const [, errors] = Errors(schema, explained.value)
  const findings = errors.map(({ instancePath, message }) => ({
    path: instancePath.split('/').slice(1),
    message,
  }))
  return { ...explained, findings }
}

/** The path of a file says what is in it. */
function lintPlace({ id, protocol }: Profile, [{ file }]: Layers): Finding[] {
  const expected = `${protocol}/${id}.yaml`
  return file === expected ? [] : [{ path: ['id'], message: `a profile with this id lies in ${expected}` }]
}

function failed(layers: Layers, findings: readonly Finding[]): Checked {
  const problems = new Map<string, ProfileProblem>()
  for (const finding of findings) {
    const problem = located(layers, finding)
    const key = `${problem.file} ${problem.path} ${problem.message.replace(/^in variant \w+: /, '')}`
    if (!problems.has(key)) problems.set(key, problem)
  }
  const inOrder = [...problems.values()].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return { problems: inOrder, warnings: [] }
}

function located(layers: Layers, { path, message }: Finding): ProfileProblem {
  const [own, ...above] = layers
  const index = ownerOf([own.value, ...above.map(({ value }) => inheritable(value))], path)
  const { file, lineOf } = layers[index] ?? own
  return { file, ...problemAt(path, message, lineOf) }
}

function protocolOf(value: unknown): Protocol | undefined {
  const protocol = isMap(value) ? value.protocol : undefined
  return isProtocol(protocol) ? protocol : undefined
}

/** A file that does not say what it speaks is explained by where it lies. */
function protocolOfFolder([{ file }]: Layers): Protocol | undefined {
  const folder = file.split('/')[0]
  return isProtocol(folder) ? folder : undefined
}

function isProtocol(word: unknown): word is Protocol {
  return typeof word === 'string' && Object.hasOwn(profileSchemas, word)
}
