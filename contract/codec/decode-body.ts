import type { SampleColumns } from '../sample.ts'
import { decodeStrings } from './decode-strings.ts'
import { decodeStructure } from './decode-structure.ts'
import { decodeValues } from './decode-values.ts'
import { decodeRuns } from './runs.ts'

/** Inverse of `encodeBody`. Throws `Malformed` for whatever an encoder would not have written. */
export function decodeBody(body: Uint8Array): SampleColumns {
  const { strings, bits } = decodeStrings(body)
  const structure = decodeStructure(bits, strings)
  const count = structure.t.length
  const { value, type } = decodeValues(bits, structure, strings.texts.length)
  bits.section = 'the qualities'
  const quality = new Uint16Array(count).fill(192)
  decodeRuns(bits, quality, 65_535)
  bits.section = 'the late marks'
  const late = new Uint8Array(count)
  const hasLate = decodeRuns(bits, late, 1)
  bits.finish()
  const { points, series, t } = structure
  return { points, series, t, value, type, quality, texts: strings.texts, ...(hasLate ? { late } : {}) }
}
