/** Samples as columns: how they are filled, joined, checked and turned back into objects. */
import { isQualityCode, qualityCodes } from './quality.ts'
import { type Sample, type SampleColumns, type Value, valueAt, valueTypes } from './sample.ts'

/** Longer texts are cut when they enter a column: a device must not be able to fill the outbox with one value. */
export const maxTextLength = 1000

/** A source time further from 1970 is refused: the difference of any two must be a safe integer. About 71,000 years. */
export const maxTime = 2 ** 51

type Buffers = {
  series: Uint32Array<ArrayBuffer>
  t: Float64Array<ArrayBuffer>
  value: Float64Array<ArrayBuffer>
  type: Uint8Array<ArrayBuffer>
  quality: Uint16Array<ArrayBuffer>
  late: Uint8Array<ArrayBuffer>
}

function buffers(capacity: number): Buffers {
  return {
    series: new Uint32Array(capacity),
    t: new Float64Array(capacity),
    value: new Float64Array(capacity),
    type: new Uint8Array(capacity),
    quality: new Uint16Array(capacity),
    late: new Uint8Array(capacity),
  }
}

/** Text → its place in a list, adding it when it is new. */
class Dictionary {
  #entries: string[] = []
  readonly #index = new Map<string, number>()

  indexOf(entry: string): number {
    const known = this.#index.get(entry)
    if (known !== undefined) return known
    const index = this.#entries.push(entry) - 1
    this.#index.set(entry, index)
    return index
  }

  take(): string[] {
    const entries = this.#entries
    this.#entries = []
    this.#index.clear()
    return entries
  }
}

/**
 * Collects samples one at a time without an object per sample. `append` never throws for what a device can send:
 * NaN becomes "no value", a text is cut at `maxTextLength`, a time is rounded to whole milliseconds.
 */
export class ColumnsBuilder {
  #columns: Buffers
  #length = 0
  #hasLate = false
  readonly #points = new Dictionary()
  readonly #texts = new Dictionary()

  constructor(capacity = 512) {
    this.#columns = buffers(Math.max(1, capacity))
  }

  get length(): number {
    return this.#length
  }

  append(sample: Sample): void {
    if (this.#length === this.#columns.t.length) this.#grow()
    const index = this.#length++
    const { series, t, quality, late } = this.#columns
    series[index] = this.#points.indexOf(sample.point)
    t[index] = Math.round(sample.t) + 0 // never -0
    quality[index] = sample.quality
    late[index] = sample.late === true ? 1 : 0
    if (sample.late === true) this.#hasLate = true
    this.#setValue(index, sample.value)
  }

  /** Hands over everything collected so far, each column in its own buffer (they can be transferred), and starts anew. */
  take(): SampleColumns {
    const { series, t, value, type, quality, late } = this.#columns
    const length = this.#length
    const taken = {
      points: this.#points.take(),
      series: series.slice(0, length),
      t: t.slice(0, length),
      value: value.slice(0, length),
      type: type.slice(0, length),
      quality: quality.slice(0, length),
      texts: this.#texts.take(),
      ...(this.#hasLate ? { late: late.slice(0, length) } : {}),
    }
    this.#length = 0
    this.#hasLate = false
    return taken
  }

  #setValue(index: number, given: Value): void {
    const { value, type } = this.#columns
    let coded = 0
    let kind: number = valueTypes.none
    if (typeof given === 'number' && !Number.isNaN(given)) {
      coded = given
      kind = valueTypes.number
    } else if (typeof given === 'boolean') {
      coded = given ? 1 : 0
      kind = valueTypes.boolean
    } else if (typeof given === 'string') {
      coded = this.#texts.indexOf(given.slice(0, maxTextLength).toWellFormed())
      kind = valueTypes.text
    }
    value[index] = coded
    type[index] = kind
  }

  #grow(): void {
    const old = this.#columns
    const next = buffers(old.t.length * 2)
    next.series.set(old.series)
    next.t.set(old.t)
    next.value.set(old.value)
    next.type.set(old.type)
    next.quality.set(old.quality)
    next.late.set(old.late)
    this.#columns = next
  }
}

export function columnsOf(samples: readonly Sample[]): SampleColumns {
  const builder = new ColumnsBuilder(samples.length)
  for (const sample of samples) builder.append(sample)
  return builder.take()
}

/** A quality this program does not know becomes plain `bad`. */
export function samplesOf(columns: SampleColumns): Sample[] {
  return Array.from(columns.t, (t, index) => {
    const quality = columns.quality[index] ?? 0
    return {
      point: columns.points[columns.series[index] ?? 0] ?? '',
      t,
      value: valueAt(columns, index),
      quality: isQualityCode(quality) ? quality : qualityCodes.bad,
      ...(columns.late?.[index] === 1 ? { late: true } : {}),
    }
  })
}

/** Joins columns in the order given; points and texts that occur in several become one entry. */
export function mergeColumns(list: readonly SampleColumns[]): SampleColumns {
  const length = list.reduce((sum, columns) => sum + columns.t.length, 0)
  const merged = buffers(length)
  const points = new Dictionary()
  const texts = new Dictionary()
  let offset = 0
  for (const columns of list) {
    merged.t.set(columns.t, offset)
    merged.value.set(columns.value, offset)
    merged.type.set(columns.type, offset)
    merged.quality.set(columns.quality, offset)
    if (columns.late !== undefined) merged.late.set(columns.late, offset)
    const seriesHere = Uint32Array.from(columns.points, (point) => points.indexOf(point))
    const textsHere = columns.texts.map((text) => texts.indexOf(text))
    for (let i = 0; i < columns.t.length; i++) {
      merged.series[offset + i] = seriesHere[columns.series[i] ?? 0] ?? 0
      if (columns.type[i] === valueTypes.text)
        merged.value[offset + i] = textsHere[columns.value[i] ?? 0] ?? 0
    }
    offset += columns.t.length
  }
  const { late, ...rest } = merged
  const hasLate = list.some((columns) => columns.late !== undefined)
  return { points: points.take(), ...rest, texts: texts.take(), ...(hasLate ? { late } : {}) }
}

/** The first thing that is wrong with columns somebody built by hand, or `undefined`. Never throws. */
export function columnsProblem(columns: SampleColumns): string | undefined {
  const { t, series, value, type, quality, late } = columns
  const lengths = [series, value, type, quality, late ?? t].map((column) => column.length)
  if (lengths.some((length) => length !== t.length))
    return `columns of lengths ${[t.length, ...lengths].join(', ')}`
  for (let i = 0; i < t.length; i++) {
    const problem =
      timeProblem(t[i] ?? 0) ??
      seriesProblem(series[i] ?? 0, columns.points.length) ??
      valueProblem(type[i] ?? 0, value[i] ?? 0, columns.texts.length)
    if (problem !== undefined) return `sample ${i}: ${problem}`
  }
  return undefined
}

function timeProblem(t: number): string | undefined {
  return Number.isInteger(t) && Math.abs(t) <= maxTime
    ? undefined
    : `time ${t} is no whole millisecond of a date`
}

function seriesProblem(series: number, points: number): string | undefined {
  return series < points ? undefined : `series ${series} of ${points} points`
}

function valueProblem(type: number, value: number, texts: number): string | undefined {
  switch (type) {
    case valueTypes.none:
      return undefined
    case valueTypes.number:
      return Number.isNaN(value) ? 'a number that is NaN' : undefined
    case valueTypes.boolean:
      return value === 0 || value === 1 ? undefined : `boolean ${value}`
    case valueTypes.text:
      return Number.isInteger(value) && value >= 0 && value < texts
        ? undefined
        : `text ${value} of ${texts} texts`
    default:
      return `value type ${type}`
  }
}
