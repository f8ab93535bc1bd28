import type { SeqRange, Stream } from '#contract/delivery.ts'
import type { Drop, Range } from './batch.ts'
import { addRange } from './seq-ranges.ts'

export type DeletionGroup = { readonly confirmed: readonly SeqRange[]; readonly dropped: readonly Drop[] }

/** What the next transaction deletes. Until it has, these ranges are hidden from readers. Neither clock nor I/O. */
export class Deletions {
  #confirmed: SeqRange[] = []
  #dropped: Drop[] = []
  #running: DeletionGroup = { confirmed: [], dropped: [] }

  get isEmpty(): boolean {
    return this.#confirmed.length === 0 && this.#dropped.length === 0
  }

  confirm(range: SeqRange): void {
    addRange(this.#confirmed, range)
  }

  drop(drop: Drop): void {
    this.#dropped.push(drop)
  }

  take(): DeletionGroup {
    this.#running = { confirmed: this.#confirmed, dropped: this.#dropped }
    this.#confirmed = []
    this.#dropped = []
    return this.#running
  }

  done(): void {
    this.#running = { confirmed: [], dropped: [] }
  }

  putBack(): void {
    const later = this.#confirmed
    this.#confirmed = [...this.#running.confirmed]
    for (const range of later) addRange(this.#confirmed, range)
    this.#dropped = [...this.#running.dropped, ...this.#dropped]
    this.done()
  }

  hidden(stream: Stream): Range[] {
    const all = [...this.#confirmed, ...this.#running.confirmed, ...this.#dropped, ...this.#running.dropped]
    return all.filter((range) => range.stream === stream)
  }
}
