import { asObject, asText, type Convention, nothing } from './announcement.ts'

/** First generation: `shellies/announce`, asked for by `announce` on `shellies/command`, and sent at each start. */
export const shellyGen1: Convention = {
  source: 'shelly_gen1',
  filters: ['shellies/announce', 'shellies/+/announce'],
  maxBytes: 4_096,
  ask: { topic: 'shellies/command', payload: 'announce' },
  read(_topic, content) {
    const { id, model } = asObject(content)
    const name = asText(id)
    if (name === undefined) return nothing
    const known = asText(model)
    return {
      found: [
        {
          ...{ source: 'shelly_gen1', key: `shelly ${name}`, name, features: [] },
          ...(known === undefined ? {} : { model: known }),
          ...{ params: { id: name }, listensTo: `shellies/${name}` },
        },
      ],
    }
  },
}

/**
 * Second generation and later: they announce nothing, but `online` comes at each connect and is kept, and every message on
 * `events/rpc` says who sends it. The id is `<kind>-<mac>`; the prefix of the topics is the id unless somebody changed it.
 */
export const shellyGen2: Convention = {
  source: 'shelly_gen2',
  filters: ['+/online', '+/events/rpc'],
  maxBytes: 16_384,
  read([prefix = '', second], content) {
    const said = asObject(content)
    const id = second === 'events' ? asText(said.src) : content === true ? prefix : undefined
    const kind = /^(shelly[a-z0-9]+)-[0-9a-f]{6,12}$/i.exec(id ?? '')?.[1]?.toLowerCase()
    if (id === undefined || kind === undefined) return nothing
    const components = Object.keys(asObject(said.params)).flatMap(
      (one) => /^([a-z0-9]+):\d+$/.exec(one)?.[1] ?? [],
    )
    return {
      found: [
        {
          ...{ source: 'shelly_gen2', key: `shelly ${prefix}`, name: id, model: kind },
          features: [...new Set(components)],
          ...{ params: { prefix }, listensTo: prefix },
        },
      ],
    }
  },
}
