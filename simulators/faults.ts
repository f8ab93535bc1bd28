import { seedOf, uniform } from './random.ts'

/** What a simulated device can do wrong. Which of them make sense depends on the protocol. */
export const faultKinds = [
  'silent',
  'exception',
  'late',
  'wrong-transaction',
  'half-frame',
  'disconnect',
  'duplicate',
  'clock-skew',
  'garbage',
] as const
export type FaultKind = (typeof faultKinds)[number]

export type Fault = {
  readonly kind: FaultKind
  /** Part of the exchanges it hits, 0 to 1. */
  readonly rate: number
  /** Epoch ms; absent means until it is cleared. */
  readonly until?: number
  /** Delay of `late`, offset of `clock-skew`. */
  readonly ms: number
  /** Modbus exception code of `exception`. */
  readonly code: number
}

/** The faults of one device, switched while it runs. */
export class Faults {
  readonly #active = new Map<FaultKind, Fault>()
  readonly #seed: number
  #draws = 0

  constructor(seed: string) {
    this.#seed = seedOf(`${seed}/faults`)
  }

  set(fault: Fault): void {
    this.#active.set(fault.kind, fault)
  }

  /** Without a kind: everything is well again. */
  clear(kind?: FaultKind): void {
    if (kind === undefined) this.#active.clear()
    else this.#active.delete(kind)
  }

  /** The fault when it hits this time. Each call is one throw of the dice. */
  hit(kind: FaultKind, now: number): Fault | undefined {
    const fault = this.#active.get(kind)
    if (fault === undefined) return undefined
    if (fault.until !== undefined && now >= fault.until) {
      this.#active.delete(kind)
      return undefined
    }
    return uniform(this.#seed, this.#draws++) < fault.rate ? fault : undefined
  }

  list(): readonly Fault[] {
    return [...this.#active.values()]
  }
}
