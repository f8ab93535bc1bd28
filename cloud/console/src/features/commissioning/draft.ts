import type { DeviceDraft, DeviceProposal, ProfileInfo, ProfileParam, Protocol } from '#contract/request.ts'

/** What a person has entered so far: text as it stands in the fields. */
export type Draft = {
  readonly protocol: Protocol | undefined
  readonly profile: string | undefined
  readonly fields: Readonly<Record<ConnectionField, string>>
  readonly params: Readonly<Record<string, string>>
  readonly confirmed: readonly string[]
  readonly id: string
  readonly titleZh: string
  readonly titleEn: string
  readonly locationZh: string
  readonly locationEn: string
}

export type ConnectionField =
  | 'bus'
  | 'unit'
  | 'variant'
  | 'host'
  | 'port'
  | 'channel'
  | 'username'
  | 'password'

const noFields: Draft['fields'] = {
  ...{ bus: '', unit: '', variant: '', host: '' },
  ...{ port: '', channel: '', username: '', password: '' },
}

export const emptyDraft: Draft = {
  ...{ protocol: undefined, profile: undefined, fields: noFields, params: {}, confirmed: [] },
  ...{ id: '', titleZh: '', titleEn: '', locationZh: '', locationEn: '' },
}

export function draftOfUnit(bus: string, unit: number): Draft {
  return { ...emptyDraft, protocol: 'modbus', fields: { ...noFields, bus, unit: String(unit) } }
}

/** What a device said of itself fills the fields; a person looks at them before anything happens. */
export function draftOfProposal({ protocol, profile, name, instance }: DeviceProposal): Draft {
  const { params } = instance
  const text = (value: unknown): string =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const fields = Object.fromEntries(
    Object.keys(noFields).map((key) => [key, text(instance[key])]),
  ) as Draft['fields']
  return {
    ...emptyDraft,
    protocol,
    profile,
    fields,
    params: isRecord(params)
      ? Object.fromEntries(Object.entries(params).map(([key, value]) => [key, fieldText(value)]))
      : {},
    titleZh: name,
  }
}

export function fieldText(value: unknown): string {
  return Array.isArray(value) ? value.join(', ') : value === undefined || value === null ? '' : String(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What of the draft belongs to which protocol; the password field is left out where it is empty. */
export function deviceOf(draft: Draft, profile: ProfileInfo): DeviceDraft {
  const { fields, confirmed } = draft
  const numbers = new Set<ConnectionField>(['unit', 'port', 'channel'])
  const connection = connectionFields(profile)
    .filter((key) => fields[key].trim() !== '')
    .map((key) => [key, numbers.has(key) ? numberOr(fields[key]) : fields[key].trim()] as const)
  const params = profile.params
    .map((param) => [param.name, paramValue(param, draft.params[param.name] ?? '')] as const)
    .filter(([, value]) => value !== undefined)
  const title = texts(draft.titleZh, draft.titleEn)
  const location = texts(draft.locationZh, draft.locationEn)
  return {
    profile: profile.id,
    ...(draft.id.trim() === '' ? {} : { id: draft.id.trim() }),
    ...Object.fromEntries(connection),
    ...(params.length === 0 ? {} : { params: Object.fromEntries(params) }),
    ...(title === undefined ? {} : { title }),
    ...(location === undefined ? {} : { location }),
    ...(confirmed.length === 0 ? {} : { confirmed: [...confirmed] }),
  }
}

export function connectionFields({ protocol, variants }: ProfileInfo): ConnectionField[] {
  const own: Record<Protocol, ConnectionField[]> = {
    modbus: ['bus', 'unit'],
    mqtt: [],
    onvif: ['host', 'port', 'channel', 'username', 'password'],
  }
  return [...own[protocol], ...(variants.length === 0 ? [] : (['variant'] as const))]
}

function texts(zh: string, en: string): { zh?: string; en?: string } | undefined {
  const known = {
    ...(zh.trim() === '' ? {} : { zh: zh.trim() }),
    ...(en.trim() === '' ? {} : { en: en.trim() }),
  }
  return Object.keys(known).length === 0 ? undefined : known
}

/** Text that is no number is sent as it is: the gateway says what it expected. */
function numberOr(text: string): number | string {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

function paramValue({ type }: ProfileParam, text: string): unknown {
  if (text.trim() === '') return undefined
  switch (type) {
    case 'int':
    case 'number':
      return numberOr(text)
    case 'int_set':
      return text
        .split(/[\s,，;；]+/)
        .filter((part) => part !== '')
        .map(numberOr)
    case 'text':
    case 'enum':
      return text.trim()
  }
}

/** What is still to be filled in before the device can be asked. */
export function missing(draft: Draft, profile: ProfileInfo): string[] {
  const needed = connectionFields(profile).filter((key) => key === 'bus' || key === 'unit' || key === 'host')
  const fields = needed.filter((key) => draft.fields[key].trim() === '')
  const params = profile.params
    .filter(({ name, required }) => required && (draft.params[name] ?? '').trim() === '')
    .map(({ name }) => `params.${name}`)
  return [...fields, ...params]
}

/** Lower case letters, digits and `-`: `sdm630-7`, `lux-301`. */
export function suggestedId(profile: ProfileInfo, { fields, params }: Draft): string {
  const [, own = profile.id] = /\.([^.]+)$/.exec(profile.id) ?? []
  const { topic = '', name = topic } = params
  const tail = profile.protocol === 'modbus' ? fields.unit : profile.protocol === 'onvif' ? fields.host : name
  return `${own}-${tail}`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
}

/** By any word of vendor, model, title or id; only profiles of the protocol where that is known. */
export function findProfiles(
  profiles: readonly ProfileInfo[],
  text: string,
  protocol: Protocol | undefined,
): ProfileInfo[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return profiles.filter((profile) => {
    if (protocol !== undefined && profile.protocol !== protocol) return false
    const { id, vendor, models, title, category } = profile
    const all = [id, vendor, ...models, title.zh, title.en, category].join(' ').toLowerCase()
    return words.every((word) => all.includes(word))
  })
}
