import { type Announcement, asObject, asText, type Convention, type Heard, nothing } from './announcement.ts'

/**
 * `homeassistant/<component>/[<node>/]<object>/config`, retained; an empty payload takes it back. With `device` in place of
 * a component one message has all of a device. Of its templates only the plain ones are understood, `{{ value }}` and `{{ value_json.key }}`; a device with another one is proposed without a
 * profile, for a person to look at.
 */
export const homeAssistant: Convention = {
  source: 'homeassistant',
  filters: ['homeassistant/+/+/config', 'homeassistant/+/+/+/config'],
  maxBytes: 32_768,
  read(topic, content): Heard {
    const key = `homeassistant ${topic.slice(1, -1).join('/')}`
    if (topic[1] === 'device') return deviceIn(key, asObject(content))
    if (content === undefined) return { found: [], gone: (one) => one === key }
    const found = entityIn(topic[1] ?? '', key, asObject(content))
    return found === undefined ? nothing : { found: [found] }
  },
}

/** Their own announcements are complete, and these would say the same again. */
const heardElsewhere = /zigbee2mqtt|tasmota/i

const maxComponents = 100

type Json = Readonly<Record<string, unknown>>

/** What its components have in common stands beside them. What it does not list any more is gone; so is all, when it is empty. */
function deviceIn(key: string, said: Json): Heard {
  const { components, cmps = components, ...shared } = said
  const found = Object.entries(asObject(cmps))
    .slice(0, maxComponents)
    .flatMap(([id, one]) => {
      const own = asObject(one)
      const component = asText(own.platform ?? own.p)
      return component === undefined
        ? []
        : (entityIn(component, `${key}/${id.slice(0, 100)}`, own, shared) ?? [])
    })
  return { found, gone: (one) => one.startsWith(`${key}/`) }
}

function entityIn(component: string, key: string, said: Json, shared: Json = {}): Announcement | undefined {
  const of = (long: string, short: string): unknown =>
    said[long] ?? said[short] ?? shared[long] ?? shared[short]
  const base = said['~'] ?? shared['~']
  const device = asObject(of('device', 'dev'))
  const origin = asText(asObject(of('origin', 'o')).name)
  const stateTopic = absolute(asText(of('state_topic', 'stat_t'), 300), base)
  if (stateTopic === undefined || heardElsewhere.test(origin ?? '')) return undefined
  const entity = asText(said.name) ?? asText(of('unique_id', 'uniq_id')) ?? key
  const owner = asText(device.name)
  const model = asText(of('model', 'mdl') ?? device.model ?? device.mdl)
  const template = readTemplate(of('value_template', 'val_tpl'))
  const command = absolute(asText(of('command_topic', 'cmd_t'), 300), base)
  return {
    source: 'homeassistant',
    key,
    name: owner === undefined ? entity : `${owner}: ${entity}`,
    ...(model === undefined ? {} : { model }),
    features: template === undefined || !hasUsualWords(of) ? [] : featuresOf(component, template, of),
    params: {
      topic: stateTopic,
      ...(command === undefined ? {} : { command_topic: command }),
      ...(typeof template === 'object' ? { key: template.key } : {}),
    },
    listensTo: stateTopic,
  }
}

/** `sensor`, `sensor.temperature`, `sensor.temperature.°C`, `json` or `plain`: what a profile can ask for. */
function featuresOf(
  component: string,
  template: Template,
  of: (long: string, short: string) => unknown,
): string[] {
  const kind = asText(of('device_class', 'dev_cla'))
  const unit = asText(of('unit_of_measurement', 'unit_of_meas'))
  return [
    component,
    template === 'plain' ? 'plain' : 'json',
    ...(kind === undefined ? [] : [`${component}.${kind}`]),
    ...(kind === undefined || unit === undefined ? [] : [`${component}.${kind}.${unit}`]),
  ]
}

/** ON and OFF are what everybody says unless told otherwise, and what profiles know. */
function hasUsualWords(of: (long: string, short: string) => unknown): boolean {
  const said = [
    [of('payload_on', 'pl_on'), 'ON'],
    [of('payload_off', 'pl_off'), 'OFF'],
    [of('state_on', 'stat_on'), 'ON'],
    [of('state_off', 'stat_off'), 'OFF'],
  ]
  return said.every(([word, usual]) => word === undefined || word === usual)
}

type Template = 'plain' | { readonly key: string }

function readTemplate(template: unknown): Template | undefined {
  if (template === undefined) return 'plain'
  const text = asText(template, 300)
  if (text === undefined) return undefined
  if (/^\{\{\s*value\s*\}\}$/.test(text)) return 'plain'
  const [, dotted, quoted] =
    /^\{\{\s*value_json(?:\.([A-Za-z0-9_]+)|\[['"]([^'"]{1,60})['"]\])\s*\}\}$/.exec(text) ?? []
  const key = dotted ?? quoted
  return key === undefined ? undefined : { key }
}

/** `~` at either end of a topic stands for the base that is said once. */
function absolute(topic: string | undefined, base: unknown): string | undefined {
  const root = asText(base, 300)
  if (topic === undefined || root === undefined) return topic
  if (topic.startsWith('~')) return root + topic.slice(1)
  return topic.endsWith('~') ? topic.slice(0, -1) + root : topic
}
