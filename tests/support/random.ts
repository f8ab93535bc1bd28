import { seedOf, uniform } from '#simulators/random.ts'

/** Chance that a failed test can repeat: the seed is printed, and `CAMPUS_TEST_SEED` sets it. */
export class SeededChance {
  readonly seed: string
  readonly #seed: number
  #draws = 0

  constructor(seed = process.env.CAMPUS_TEST_SEED ?? `${Date.now()}`) {
    this.seed = seed
    this.#seed = seedOf(seed)
  }

  /** From `low` up to `high`. */
  between(low: number, high: number): number {
    return low + (high - low) * uniform(this.#seed, this.#draws++)
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.between(0, choices.length))] ?? choices[0]
  }
}
