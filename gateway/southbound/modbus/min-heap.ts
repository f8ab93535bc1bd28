/** The smallest first, by a key that each item carries. */
export class MinHeap<T> {
  readonly #keyOf: (item: T) => number
  #items: T[] = []

  constructor(keyOf: (item: T) => number) {
    this.#keyOf = keyOf
  }

  get first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    items[0] = last
    this.#sink(0)
    return first
  }

  /** Rare: looks at every item. */
  remove(isOut: (item: T) => boolean): void {
    const kept = this.#items.filter((item) => !isOut(item))
    this.#items = []
    for (const item of kept) this.push(item)
  }

  #sink(from: number): void {
    let at = from
    for (;;) {
      const left = at * 2 + 1
      let least = at
      if (this.#isBefore(left, least)) least = left
      if (this.#isBefore(left + 1, least)) least = left + 1
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#items[a]
    const other = this.#items[b]
    return one !== undefined && other !== undefined && this.#keyOf(one) < this.#keyOf(other)
  }

  #swap(a: number, b: number): void {
    const one = this.#items[a]
    const other = this.#items[b]
    if (one === undefined || other === undefined) return
    this.#items[a] = other
    this.#items[b] = one
  }
}
