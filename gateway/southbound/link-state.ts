export type Link = 'up' | 'down'
type Rules = { readonly failAfter: number; readonly recoverAfter: number }
type OnChange = (state: Link, reason?: string) => void

/** Up and down of one device, debounced by its profile. Says something only when the state changes. */
export class LinkState {
  readonly #rules: Rules
  readonly #onChange: OnChange
  #state: Link | undefined
  #failures = 0
  #successes = 0

  constructor(rules: Rules, onChange: OnChange) {
    this.#rules = rules
    this.#onChange = onChange
  }

  get state(): Link | undefined {
    return this.#state
  }

  succeeded(): void {
    this.#failures = 0
    this.#successes++
    const needed = this.#state === undefined ? 1 : this.#rules.recoverAfter
    if (this.#state !== 'up' && this.#successes >= needed) this.#change('up')
  }

  failed(reason: string): void {
    this.#successes = 0
    this.#failures++
    if (this.#failures >= this.#rules.failAfter) this.cut(reason)
  }

  /** Down at once: the connection under the device is gone, or the device said so itself. */
  cut(reason: string): void {
    this.#successes = 0
    if (this.#state !== 'down') this.#change('down', reason)
  }

  #change(state: Link, reason?: string): void {
    this.#state = state
    this.#onChange(state, reason)
  }
}
