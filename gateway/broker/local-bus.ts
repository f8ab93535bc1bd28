export type LocalMessage = {
  readonly topic: string
  readonly payload: Uint8Array
  /** Kept by the broker from before we subscribed: the state of things, not news. */
  readonly retained: boolean
  /** When the broker got what it kept (ms since 1970), where it is ours and so known. */
  readonly keptSince?: number
}

export type PublishOptions = { readonly retain?: boolean; readonly qos?: 0 | 1 }

/** The campus's own MQTT traffic, whether the broker runs in the gateway or elsewhere. */
export interface LocalBus extends AsyncDisposable {
  /** Calls `handler` for each message, what the broker kept for the filter first and marked, until the returned function is called, across reconnects. Handlers must not throw. */
  subscribe(filter: string, handler: (message: LocalMessage) => void): () => void
  /** Resolves when the broker has it. Throws AppError LINK_DOWN when there is no broker to give it to. */
  publish(topic: string, payload: string | Uint8Array, options?: PublishOptions): Promise<void>
  /** Calls `handler` now and whenever the broker is reached or lost. Returns the function that stops it. */
  watch(handler: (connected: boolean) => void): () => void
  /**
   * Calls `handler` now, and whenever the first client begins or the last one ceases to listen to topics whose first level is
   * `root`. A broker elsewhere always has listeners: nobody can know.
   */
  watchAudience(root: string, handler: (listening: boolean) => void): () => void
}
