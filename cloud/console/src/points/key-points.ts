import type { Point } from '#contract/api/points.ts'
import { nameInDevice } from './words.ts'

/** What a person looks for first, by the vocabulary's names; a name ending in a dot stands for all that begin with it. */
const telling = [
  'power.active',
  'energy.active.import',
  'illuminance',
  'light.on',
  'light.level',
  'temperature',
  'humidity',
  'co2',
  'pm25',
  'occupied',
  'motion',
  'people.count',
  'door.open',
  'smoke',
  'leak',
  'gas.alarm',
  'water.flow',
  'water.volume',
  'relay.',
  'input.',
] as const

/** Of interest when nothing else is there. */
const aside = /^(battery|rssi|snr|link_quality|online|thd|x)(\.|$)/

function rank(point: Point): number {
  const name = nameInDevice(point.id).split('/').at(-1) ?? ''
  const at = telling.findIndex((one) => name === one || (one.endsWith('.') && name.startsWith(one)))
  if (at >= 0) return at
  if (point.kind === 'event' || point.kind === 'text' || aside.test(name)) return telling.length + 1
  return telling.length
}

/** The few points that stand for a device in a list. */
export function keyPoints(points: readonly Point[], howMany: number): Point[] {
  return points
    .filter(({ removedAt }) => removedAt === undefined)
    .map((point, index) => ({ point, index, rank: rank(point) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, howMany)
    .map(({ point }) => point)
}
