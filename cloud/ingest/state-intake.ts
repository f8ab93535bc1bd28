import type { Database } from '#cloud/state/database.ts'
import type { StateMessage } from '#contract/gateway-state.ts'
import { bookProduced } from './ledger.ts'

/** Who keeps what gateways say about themselves. Rejecting means that it was not kept and has to come again. */
export type StateListener = {
  readonly onState?: (gateway: string, message: StateMessage) => void | Promise<void>
  readonly onConnection?: (gateway: string, connected: boolean) => void | Promise<void>
}

/**
 * State messages, and connections coming and going: those of one gateway are handled one at a time, in the order they
 * came, so that a late Death never follows a Birth.
 */
export class StateIntake implements AsyncDisposable {
  readonly #db: Database
  readonly #listener: StateListener
  readonly #queues = new Map<string, Promise<void>>()

  constructor(db: Database, listener: StateListener) {
    this.#db = db
    this.#listener = listener
  }

  message(gateway: string, message: StateMessage): Promise<void> {
    return this.#inOrder(gateway, async () => {
      // The listener first: it is the one that refuses a gateway nobody knows.
      await this.#listener.onState?.(gateway, message)
      if (message.kind === 'birth' || message.kind === 'status') {
        await bookProduced(this.#db, gateway, message.produced)
      }
    })
  }

  connection(gateway: string, connected: boolean): Promise<void> {
    return this.#inOrder(gateway, async () => this.#listener.onConnection?.(gateway, connected))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#queues.values())
  }

  #inOrder(gateway: string, work: () => Promise<void>): Promise<void> {
    const result = (this.#queues.get(gateway) ?? Promise.resolve()).then(work)
    const settled = result
      .catch(() => {}) // the caller of this piece of work has the error
      .then(() => {
        if (this.#queues.get(gateway) === settled) this.#queues.delete(gateway)
      })
    this.#queues.set(gateway, settled)
    return result
  }
}
