/** Commits one group. Rejecting means that nothing of it is stored. */
export type CommitGroup<T> = (items: readonly T[]) => Promise<void>

export type GroupLimits<T> = {
  /** A group is closed when it weighs this much; a single heavier item goes alone. */
  readonly maxWeight: number
  readonly weightOf: (item: T) => number
  /** True when the failure may be the fault of one item: then each is tried on its own. */
  readonly mayBeOneItem: (error: unknown) => boolean
}

type Waiting<T> = {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Joins what arrives while a commit is running into the next commit: one fsync for all of it, without waiting on a
 * timer. One group at a time, in order of arrival. What waits is bounded by the callers.
 */
export class GroupCommit<T> {
  readonly #commit: CommitGroup<T>
  readonly #limits: GroupLimits<T>
  #waiting: Waiting<T>[] = []
  #running: Promise<void> | undefined

  constructor(commit: CommitGroup<T>, limits: GroupLimits<T>) {
    this.#commit = commit
    this.#limits = limits
  }

  /** Resolves when the item is committed. Rejects with the reason of its group, or its own. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // What the same tick still adds belongs to the first group.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) await this.#commitGroup(this.#take())
    this.#running = undefined
  }

  #take(): Waiting<T>[] {
    let weight = 0
    let count = 0
    for (const { item } of this.#waiting) {
      weight += this.#limits.weightOf(item)
      if (count > 0 && weight > this.#limits.maxWeight) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #commitGroup(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#commit(group.map(({ item }) => item))
      for (const { resolve } of group) resolve()
    } catch (error) {
      if (group.length > 1 && this.#limits.mayBeOneItem(error)) {
        for (const one of group) await this.#commitGroup([one])
      } else {
        for (const { reject } of group) reject(error)
      }
    }
  }
}
