type Watcher = { readonly root: string; readonly tell: (listening: boolean) => void; listening: boolean }

/**
 * Which first levels of topics anybody subscribes to, so that what nobody hears need not be said. `Listener` is whatever
 * identifies a client.
 */
export class Audience<Listener> {
  readonly #filters = new Map<Listener, Set<string>>()
  readonly #watchers = new Set<Watcher>()

  add(listener: Listener, filter: string): void {
    const filters = this.#filters.get(listener) ?? new Set()
    this.#filters.set(listener, filters.add(filter))
    this.#changed()
  }

  remove(listener: Listener, filters: readonly string[]): void {
    for (const filter of filters) this.#filters.get(listener)?.delete(filter)
    this.#changed()
  }

  leave(listener: Listener): void {
    if (this.#filters.delete(listener)) this.#changed()
  }

  /** Calls `tell` now and at every change. Returns what ends it. */
  watch(root: string, tell: (listening: boolean) => void): () => void {
    const watcher = { root, tell, listening: this.#listensTo(root) }
    this.#watchers.add(watcher)
    tell(watcher.listening)
    return () => this.#watchers.delete(watcher)
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      const listening = this.#listensTo(watcher.root)
      if (listening === watcher.listening) continue
      watcher.listening = listening
      watcher.tell(listening)
    }
  }

  #listensTo(root: string): boolean {
    for (const filters of this.#filters.values()) {
      for (const filter of filters) {
        const [first] = filter.split('/', 1)
        if (first === root || first === '+' || first === '#') return true
      }
    }
    return false
  }
}
