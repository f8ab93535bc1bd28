import type { DownChannel, UpChannel } from '#contract/topics.ts'

/** One message of a gateway that the source has authenticated: `gateway` is who sent it, not what it claims. */
export type IncomingMessage = {
  readonly gateway: string
  readonly channel: UpChannel
  readonly payload: Uint8Array
}

/** Where two machines with one identity connect from. */
export type TwinAddresses = { readonly connected: string; readonly refused: string }

/** The certificate that a client showed. Its signature was checked, and its purpose; not whether it was revoked. */
export type ClientCertificate = {
  /** Its common name: who it is for. */
  readonly gateway: string
  /** Hex, upper case. */
  readonly serial: string
}

/** With what somebody asks to be let in as `gateway`. */
export type Login = {
  readonly gateway: string
  readonly token: string
  readonly certificate: ClientCertificate | undefined
}

/** `revoked`: who he is is clear, but he may not (any more). */
export type LoginVerdict = 'welcome' | 'unknown' | 'revoked'

/** Who is connected, and by what certificate. */
export type ConnectedGateway = {
  readonly gateway: string
  readonly certificate: ClientCertificate | undefined
}

/** What a source hands its messages to. */
export interface MessageHandler {
  /**
   * Resolving is permission to acknowledge the message on the transport: what can be stored is stored, what can't was
   * answered with a refusal. Never rejects because of what a message contains. Rejecting means that the sender has to
   * send it again: the source closes the connection.
   */
  message(message: IncomingMessage): Promise<void>
  connected(gateway: string): void
  disconnected(gateway: string): void
  /** A second machine with the identity of a connected gateway was turned away. Told at every attempt. */
  twin(gateway: string, addresses: TwinAddresses): void
}

/** How messages of gateways come in and answers go out. */
export interface MessageSource extends AsyncDisposable {
  /** Resolves when it was handed to the transport; false when the gateway is away or not listening yet. Nothing is kept for later. */
  send(gateway: string, channel: DownChannel, payload: Uint8Array): Promise<boolean>
}
