import { asList, asObject, asText, type Convention, nothing } from './announcement.ts'

/**
 * `tasmota/discovery/<MAC>/config`, retained. `t` is the topic, `md` the module, `rl` the kind of each relay (1 relay, 2
 * light, 3 shutter), `ft` and `tp` how topics are put together.
 */
export const tasmota: Convention = {
  source: 'tasmota',
  filters: ['tasmota/discovery/+/config'],
  maxBytes: 16_384,
  read(topic, content) {
    const said = asObject(content)
    const own = asText(said.t)
    const mac = asText(said.mac) ?? topic[2]
    if (own === undefined || mac === undefined) return nothing
    const kinds = asList(said.rl, 64)
    const model = asText(said.md)
    return {
      found: [
        {
          ...{ source: 'tasmota', key: `tasmota ${mac}`, name: asText(said.dn) ?? own },
          ...(model === undefined ? {} : { model }),
          features: [
            ...(kinds.includes(1) ? ['relay'] : []),
            ...(kinds.includes(2) ? ['light'] : []),
            ...(kinds.filter((kind) => kind === 1).length > 1 ? ['relays'] : []),
          ],
          params: { topic: own },
          listensTo: statePrefix(said, own),
        },
      ],
    }
  },
}

/** `%prefix%/%topic%/` unless somebody changed it; a profile has the usual form. */
function statePrefix({ ft, tp }: Readonly<Record<string, unknown>>, topic: string): string {
  const prefix = asText(asList(tp)[2]) ?? 'tele'
  const form = asText(ft) ?? '%prefix%/%topic%/'
  return form.replace('%prefix%', prefix).replace('%topic%', topic).replace(/\/$/, '')
}
