import { type SampleColumns, valueTypes } from '../sample.ts'
import { BitWriter } from './bit-writer.ts'
import { encodeStrings, type TextList } from './encode-strings.ts'
import { StructureWriter } from './encode-structure.ts'
import { encodeValues } from './encode-values.ts'
import { layOut } from './layout.ts'
import { type ColumnPlan, planColumns } from './plan-columns.ts'
import { encodeRuns } from './runs.ts'

const goodQuality = 192

export type Body = {
  /** The body of a telemetry message before zstd, as `README.md` describes it. */
  readonly bytes: Uint8Array
  /** How many of them are names and texts. */
  readonly stringBytes: number
}

export function encodeBody(samples: SampleColumns): Body {
  const layout = layOut(samples)
  const plan = planColumns(samples, layout)
  const bits = new BitWriter(64 + samples.t.length * 6)
  const { groups } = layout.arranged
  const texts = usedTexts(samples, plan)
  const strings = encodeStrings(bits, {
    prefixes: groups.map((group) => group.prefix),
    literals: groups.flatMap((group) =>
      group.names.flatMap((name) => (name.nameIndex === 0 ? name.literal : [])),
    ),
    texts: texts.list,
  })
  new StructureWriter(bits, layout).write(plan)
  encodeValues(bits, plan, texts)
  encodeRuns(bits, layout.order, samples.quality, goodQuality)
  encodeRuns(bits, layout.order, samples.late, 0)
  const packed = bits.finish()
  const bytes = new Uint8Array(strings.length + packed.length)
  bytes.set(strings)
  bytes.set(packed, strings.length)
  return { bytes, stringBytes: strings.length }
}

/** The texts that occur, in the order of the wire. */
function usedTexts(samples: SampleColumns, plan: ColumnPlan): TextList {
  const place = new Map<number, number>()
  const list: string[] = []
  if (samples.texts.length === 0) return { list, place }
  for (let i = 0; i < plan.type.length; i++) {
    const index = plan.value[i] as number
    if (plan.type[i] !== valueTypes.text || place.has(index)) continue
    place.set(index, list.push(samples.texts[index] ?? '') - 1)
  }
  return { list, place }
}
