/** Three activations within this long are chattering (EEMUA 191: three within one minute). */
export const chatterMs = 60_000
const kept = 3

/** The last three activations with a new one. Repeated and late ones keep the order of their times. Pure. */
export function withActivation(activations: readonly number[], at: number): number[] {
  if (activations.includes(at)) return [...activations]
  return [...activations, at].sort((a, b) => a - b).slice(-kept)
}

export function isChattering(activations: readonly number[]): boolean {
  const [first, , last] = activations
  return first !== undefined && last !== undefined && last - first <= chatterMs
}
