export type Backoff = { readonly firstMs: number; readonly maxMs: number }

/**
 * Delay before attempt `attempt` (0 = the first repeat): doubles up to `maxMs`, spread by ±30 % so that a fleet that
 * lost its server together does not come back together.
 */
export function backoffMs(
  attempt: number,
  { firstMs, maxMs }: Backoff,
  random: () => number = Math.random,
): number {
  const base = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.round(base * (0.7 + 0.6 * random()))
}
