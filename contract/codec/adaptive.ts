/**
 * Learns how many low bits a kind of number has. Both sides run the same rule, so that no parameter travels:
 * k = floor(log2(sum / count)), after each number sum += it and count += 1, and at 32 both are halved.
 */
export class Adaptive {
  #sum: number
  #count = 1

  /** `k` is the guess before the first number. */
  constructor(k: number) {
    this.#sum = 2 ** k
  }

  get k(): number {
    return 31 - Math.clz32((this.#sum / this.#count) | 1)
  }

  learn(value: number): void {
    this.#sum += Math.min(value, largestLearnt)
    if (++this.#count === 32) {
      this.#sum = this.#sum >>> 1
      this.#count = 16
    }
  }
}

/** One wild number must not spoil the guess for long; also keeps `sum` within 30 bits. */
const largestLearnt = 2 ** 24
