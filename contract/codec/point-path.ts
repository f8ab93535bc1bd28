/** How a point's text is cut up: `meter-3/power.active.l1` is device prefix `meter-`, number 3 and a name of the table. */
import { pointNames } from './point-names.ts'

export type PointPath = {
  /** What is before the last `/`, without the number at its end. */
  readonly prefix: string
  /** One more than that number; 0 where there is none. */
  readonly number: number
  /** Index into `pointNames`; 0 for a name that is spelled out. */
  readonly nameIndex: number
  /** The number of a `*` name. */
  readonly nameNumber: number
  /** The name, where it is spelled out. */
  readonly literal: string
  /** Points of one family tend to have like values: the phases of a voltage, the relays of a box. */
  readonly family: string
}

/** Numbers at the end of a name are taken out up to here. */
export const maxNumber = 999_999_999
export const maxNameNumber = 65_535

const indexOfName = new Map<string, number>(pointNames.map((name, index) => [name, index]))

export function parsePoint(point: string): PointPath {
  const slash = point.lastIndexOf('/')
  // Without a device (or with an empty one) the whole text is the name.
  const path = slash > 0 ? point.slice(0, slash) : ''
  const name = slash > 0 ? point.slice(slash + 1) : point
  const { head, number } = splitNumber(path)
  return { prefix: head, number: number + 1, ...parseName(name), family: familyOf(name) }
}

/** The inverse of `parsePoint`. */
export function pointText(prefix: string, number: number, name: string): string {
  const path = number === 0 ? prefix : prefix + (number - 1)
  return path === '' ? name : `${path}/${name}`
}

export function nameText(index: number, nameNumber: number): string {
  const name = pointNames[index] ?? ''
  return isNumbered(index) ? name.slice(0, -1) + nameNumber : name
}

export function isNumbered(index: number): boolean {
  return pointNames[index]?.endsWith('*') ?? false
}

function parseName(name: string): { nameIndex: number; nameNumber: number; literal: string } {
  const index = indexOfName.get(name)
  if (index !== undefined && index > 0 && !isNumbered(index)) {
    return { nameIndex: index, nameNumber: 0, literal: '' }
  }
  const { head, number } = splitNumber(name)
  const numbered = number >= 0 && number <= maxNameNumber ? indexOfName.get(`${head}*`) : undefined
  if (numbered !== undefined) return { nameIndex: numbered, nameNumber: number, literal: '' }
  return { nameIndex: 0, nameNumber: 0, literal: name }
}

/** The number at the end as JavaScript would print it (no leading zeros, at most nine digits), or -1. */
function splitNumber(text: string): { head: string; number: number } {
  let start = text.length
  while (start > 0 && text.length - start < 9 && isDigit(text.charCodeAt(start - 1))) start--
  while (start < text.length - 1 && text.charCodeAt(start) === zero) start++
  if (start === text.length) return { head: text, number: -1 }
  return { head: text.slice(0, start), number: Number(text.slice(start)) }
}

const zero = 48

function isDigit(code: number): boolean {
  return code >= zero && code <= zero + 9
}

function familyOf(name: string): string {
  return name.replace(/\.(?:l[123](?:_l[123])?|n|\d+)$/, '')
}
