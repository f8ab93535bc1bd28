/** Chance that can be repeated: everything is computed from a seed and a step number, so nothing has to be remembered. */

/** 32 bits of a text (FNV-1a with a final mix). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** Evenly spread in [0, 1). */
export function uniform(seed: number, step: number): number {
  return mix(mix(seed ^ Math.imul(step | 0, 0x9e3779b1)) + Math.floor(step / 2 ** 32)) / 2 ** 32
}

/** Mean 0, standard deviation 1 (Box–Muller). */
export function normal(seed: number, step: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, 2 * step)))
  return radius * Math.cos(2 * Math.PI * uniform(seed, 2 * step + 1))
}

function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
