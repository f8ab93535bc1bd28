/** One at a time for each device, in the order in which they came. */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>()

  /** Resolves when it is this one's turn; dispose what it gives to let the next one go. `undefined` when `signal` aborted before. */
  async take(device: string, signal: AbortSignal): Promise<Disposable | undefined> {
    const before = this.#tails.get(device) ?? Promise.resolve()
    const mine = Promise.withResolvers<void>()
    const tail = before.then(() => mine.promise)
    this.#tails.set(device, tail)
    const end = (): void => {
      mine.resolve()
      if (this.#tails.get(device) === tail) this.#tails.delete(device)
    }
    if (await isFirst(before, signal)) return { [Symbol.dispose]: end }
    void before.then(end) // who comes after waits for those before, not for us
    return undefined
  }
}

async function isFirst(turn: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const left = Promise.withResolvers<boolean>()
  const leave = (): void => left.resolve(false)
  signal.addEventListener('abort', leave, { once: true })
  if (signal.aborted) leave()
  try {
    return await Promise.race([left.promise, turn.then(() => !signal.aborted)])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
