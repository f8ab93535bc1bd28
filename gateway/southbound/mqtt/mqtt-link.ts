export type MqttMessage = {
  readonly topic: string
  readonly payload: Uint8Array
  readonly retained: boolean
  /** When the broker got what it kept (ms since 1970), where that is known. */
  readonly keptSince?: number
}

/** The local broker, as far as this driver needs it; the composition root hands it in. */
export interface MqttLink {
  /** What the broker kept for the filter comes first, marked; then what happens. */
  subscribe(filter: string, handler: (message: MqttMessage) => void): () => void
  publish(topic: string, payload: string | Uint8Array, options: { readonly qos: 0 | 1 }): Promise<void>
  watch(handler: (connected: boolean) => void): () => void
}
