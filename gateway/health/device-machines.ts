import type { Machine } from '#contract/catalogue.ts'

/** What devices said of themselves: maker, model, serial number, firmware. For the catalogue. */
export class DeviceMachines {
  readonly #onChange: () => void
  #known: ReadonlyMap<string, Machine> = new Map()

  /** `onChange`: one of them said something new. */
  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Another one as soon as anything is different. */
  get all(): ReadonlyMap<string, Machine> {
    return this.#known
  }

  /** These devices are there from now on; what is known of the others is forgotten. */
  use(devices: readonly string[]): void {
    if ([...this.#known.keys()].every((id) => devices.includes(id))) return
    this.#known = new Map([...this.#known].filter(([id]) => devices.includes(id)))
  }

  set(device: string, said: Machine): void {
    if (JSON.stringify(this.#known.get(device)) === JSON.stringify(said)) return
    this.#known = new Map([...this.#known, [device, said]])
    this.#onChange()
  }
}
