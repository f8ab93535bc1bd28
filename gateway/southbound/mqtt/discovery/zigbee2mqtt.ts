import { type Announcement, asList, asObject, asText, type Convention, nothing } from './announcement.ts'

/**
 * `<base>/bridge/devices`, retained: the whole network in one list. A device that was removed is not in it any more.
 * What a device exposes tells better than its model what it is: there are thousands of models and few classes.
 */
export const zigbee2mqtt: Convention = {
  source: 'zigbee2mqtt',
  filters: ['+/bridge/devices', '+/+/bridge/devices'],
  maxBytes: 2_000_000,
  read(topic, content) {
    if (!Array.isArray(content)) return nothing
    const base = topic.slice(0, -2).join('/')
    const found = asList(content).flatMap((one) => deviceIn(base, asObject(one)))
    const present = new Set(found.map(({ key }) => key))
    return { found, gone: (key) => key.startsWith(`zigbee2mqtt ${base} `) && !present.has(key) }
  },
}

function deviceIn(base: string, device: Readonly<Record<string, unknown>>): Announcement[] {
  const name = asText(device.friendly_name, 200)
  const address = asText(device.ieee_address)
  const definition = asObject(device.definition)
  const isUsable = device.type !== 'Coordinator' && device.disabled !== true
  if (name === undefined || address === undefined || !isUsable) return []
  const model = asText(definition.model) ?? asText(device.model_id)
  return [
    {
      source: 'zigbee2mqtt',
      key: `zigbee2mqtt ${base} ${address}`,
      name,
      ...(model === undefined ? {} : { model }),
      features: featuresOf(definition.exposes),
      params: { base, name },
      listensTo: `${base}/${name}`,
    },
  ]
}

/** Names of what it exposes; a light, a switch, a lock or a cover holds its own below. */
function featuresOf(exposes: unknown): string[] {
  return asList(exposes, 100).flatMap((one) => {
    const { type, property, name, features } = asObject(one)
    const own = [asText(type, 60), asText(property, 60) ?? asText(name, 60)].flatMap((text) => text ?? [])
    const inner = asList(features, 50).flatMap((two) => asText(asObject(two).property, 60) ?? [])
    return [...own, ...inner]
  })
}
