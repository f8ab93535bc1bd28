import { seedOf, uniform } from './random.ts'

/** What a simulated device can do wrong. Which of them make sense depends on the protocol. */
export const faultKinds = [
  /** Does not answer, does not speak. */
  'silent',
  /** Switched off: MQTT devices leave the broker, whose last will says so. */
  'offline',
  'exception',
  'late',
  'wrong-transaction',
  'wrong-unit',
  'half-frame',
  /** The check sum is wrong. A Modbus TCP gateway swallows such an answer. */
  'crc',
  /** A frame nobody asked for comes before the answer, and another `ms` after it. */
  'broadcast',
  /** Values stand still. */
  'freeze',
  /** Values stand still, and so does the time they carry. */
  'stale',
  /** The words of long values come in the other order, as after a change of firmware. */
  'wrong-word-order',
  /** Says that it is another model. */
  'wrong-device',
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
  /** Delay of `late`, offset of `clock-skew`, distance of `broadcast`. */
  readonly ms: number
  /** Modbus exception code of `exception`. */
  readonly code: number
}

/** Whatever throws the dice: the faults of one device, or of all devices behind one address. */
export interface FaultSource {
  /** The fault when it hits this time. Each call is one throw of the dice. */
  hit(kind: FaultKind, now: number): Fault | undefined
}

/** The faults of one device, switched while it runs. */
export class Faults implements FaultSource {
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

  hit(kind: FaultKind, now: number): Fault | undefined {
    if (this.#active.size === 0) return undefined
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

/** What goes wrong with one of them goes wrong with all: they share a cable and a processor. */
export function anyOf(sources: readonly FaultSource[]): FaultSource {
  const [only] = sources
  if (sources.length === 1 && only !== undefined) return only
  return {
    hit: (kind, now) => {
      for (const source of sources) {
        const fault = source.hit(kind, now)
        if (fault !== undefined) return fault
      }
      return undefined
    },
  }
}
