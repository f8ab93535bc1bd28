/** `spBv1.0/<group>/<kind>/<node>[/<device>]`; a node speaks for itself and for the devices behind it. */
const pattern = /^spBv1\.0\/[^/]+\/[ND](BIRTH|DATA|DEATH)\/[^/]+(\/[^/]+)?$/

export type SparkplugKind = 'birth' | 'data' | 'death'

const kinds: Readonly<Record<string, SparkplugKind>> = { BIRTH: 'birth', DATA: 'data', DEATH: 'death' }

/** `undefined` for commands and for everything that is no message of a device. */
export function sparkplugKind(topic: string): SparkplugKind | undefined {
  return kinds[pattern.exec(topic)?.[1] ?? '']
}

/** Where the node of a topic, or of a filter, takes commands. */
export function nodeCommandTopic(filter: string): string | undefined {
  const [root, group, , node] = filter.split('/')
  return root === 'spBv1.0' && group !== undefined && node !== undefined
    ? `spBv1.0/${group}/NCMD/${node}`
    : undefined
}

/** A payload with one metric, `Node Control/Rebirth`: the node says again what there is, with names and all values. */
export function rebirthRequest(now: number): Uint8Array {
  const name = Buffer.from('Node Control/Rebirth')
  const boolean = 11
  const metric = Buffer.from([0x0a, name.length, ...name, 0x20, boolean, 0x70, 1])
  return Buffer.from([0x08, ...varint(now), 0x12, metric.length, ...metric])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80)
  return [...bytes, left]
}
