import type { SeqRange } from '#contract/delivery.ts'

/** Adds `range` to `list`, joining it with one it touches: acknowledgements come in order, so the list stays short. */
export function addRange(list: SeqRange[], range: SeqRange): void {
  const index = list.findIndex(
    (one) =>
      one.stream === range.stream &&
      one.epoch === range.epoch &&
      range.firstSeq <= one.lastSeq + 1 &&
      one.firstSeq <= range.lastSeq + 1,
  )
  const found = list[index]
  if (found === undefined) {
    list.push(range)
    return
  }
  list[index] = {
    ...found,
    firstSeq: Math.min(found.firstSeq, range.firstSeq),
    lastSeq: Math.max(found.lastSeq, range.lastSeq),
  }
}
