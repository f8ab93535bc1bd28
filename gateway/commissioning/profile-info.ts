import type { ProfileInfo, ProfileParam } from '#contract/request.ts'
import type { Param, Profile } from '#gateway/profiles/profile.ts'

/** What a person has to know to choose a profile and to fill in its parameters. Pure. */
export function profileInfo(profile: Profile): ProfileInfo {
  const { id, version, title, vendor, models, category, protocol, params = {}, points } = profile
  return {
    ...{ id, version, title, vendor, models: [...models], category, protocol },
    params: Object.entries(params).map(([name, param]) => paramInfo(name, param)),
    variants: variantsOf(profile),
    points: Object.keys(points).length,
    lowConfidence: Object.entries(points)
      .filter(([, { confidence }]) => confidence === 'low')
      .map(([point]) => point),
    ...(profile.protocol === 'modbus' ? { unit: unitOf(profile.modbus.unit) } : {}),
  }
}

function unitOf({ default: usual, min, max }: { default: number; min: number; max: number }) {
  return { default: usual, min, max }
}

/** Those that a parameter selects are chosen with the parameter. */
function variantsOf({ variants = {} }: Profile): string[] {
  return Object.entries(variants)
    .filter(([, { select }]) => typeof select === 'string')
    .map(([name]) => name)
}

function paramInfo(name: string, param: Param): ProfileParam {
  const { type, required = false, help, default: usual } = param
  const info = {
    name,
    type,
    required: required && usual === undefined,
    ...(help === undefined ? {} : { help }),
  }
  const fallback = usual === undefined ? {} : { default: Array.isArray(usual) ? [...usual] : usual }
  switch (param.type) {
    case 'enum':
      return { ...info, ...fallback, options: [...param.options] }
    case 'text':
      return { ...info, ...fallback, ...(param.max === undefined ? {} : { max: param.max }) }
    default: {
      const { min, max } = param
      return {
        ...info,
        ...fallback,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      }
    }
  }
}
