import type { Point } from '#contract/api/points.ts'
import type { Value } from '#contract/sample.ts'

export type BoolWord =
  | 'on'
  | 'off'
  | 'occupied'
  | 'vacant'
  | 'open'
  | 'closed'
  | 'alarm'
  | 'clear'
  | 'online'
  | 'offline'

/** Words for true and false by the name of the point, where "on" and "off" would say the wrong thing. */
const boolWords: readonly (readonly [RegExp, BoolWord, BoolWord])[] = [
  [/^(occupied|occupancy|motion|presence)$/, 'occupied', 'vacant'],
  [/(^|\.)open$/, 'open', 'closed'],
  [/^(tamper|leak|smoke|gas\.alarm|light\.fault)$/, 'alarm', 'clear'],
  [/^online$/, 'online', 'offline'],
]

/** Which word of the dictionary a yes-or-no value has. */
export function boolWord(pointId: string, value: boolean): BoolWord {
  const name = pointId.slice(pointId.lastIndexOf('/') + 1)
  const [, yes, no] = boolWords.find(([names]) => names.test(name)) ?? [undefined, 'on', 'off']
  return value ? yes : no
}

/** `<gateway>/<device>` of a point id. */
export function deviceOf(pointId: string): string {
  return pointId.split('/').slice(0, 2).join('/')
}

/** What comes after the device in a point id: `<point>` or `<part>/<point>`. */
export function nameInDevice(pointId: string): string {
  return pointId.split('/').slice(2).join('/')
}

/** Where a value can be drawn: as a line, as steps between named states, or not at all. */
export function plotOf(kind: Point['kind']): 'line' | 'steps' | 'none' {
  switch (kind) {
    case 'num':
    case 'counter':
      return 'line'
    case 'bool':
    case 'enum':
      return 'steps'
    case 'text':
    case 'event':
      return 'none'
  }
}

export function isNumber(value: Value): value is number {
  return typeof value === 'number'
}
