import type { BitOrder, RegisterType } from '#gateway/profiles/modbus.ts'

/** Registers of one value of each type; a text says its own length. */
export const registerCount = {
  bool: 1,
  u16: 1,
  i16: 1,
  u32: 2,
  i32: 2,
  f32: 2,
  u64: 4,
  i64: 4,
  f64: 4,
} as const satisfies Record<Exclude<RegisterType, 'text'>, number>

/** Bytes of `words`, most significant first. A is the first byte of the value, in the order in which the manual names them. */
export function bytesOf(words: readonly number[], order: BitOrder): DataView {
  const ordered = swapsWords(order) ? words.toReversed() : words
  const view = new DataView(new ArrayBuffer(words.length * 2))
  for (const [i, word] of ordered.entries()) view.setUint16(i * 2, word, swapsBytes(order))
  return view
}

export function wordsOf(view: DataView, order: BitOrder): number[] {
  const words = Array.from({ length: view.byteLength / 2 }, (_, i) =>
    view.getUint16(i * 2, swapsBytes(order)),
  )
  return swapsWords(order) ? words.reverse() : words
}

function swapsWords(order: BitOrder): boolean {
  return order === 'CDAB' || order === 'DCBA'
}

function swapsBytes(order: BitOrder): boolean {
  return order === 'BADC' || order === 'DCBA'
}
