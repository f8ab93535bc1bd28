import type { LiveEvent, LiveMessage, LiveRequest } from '#contract/api/live.ts'
import { type Connection, judgeSilence, reconnectDelayMs } from './connection.ts'

/** The part of a WebSocket that is used, so that a test can play the server. */
export type Socket = Pick<
  WebSocket,
  'send' | 'close' | 'onopen' | 'onmessage' | 'onclose' | 'onerror' | 'readyState'
>

export type LiveSocketOptions = {
  /** Opens a socket that resumes after `since`. */
  readonly open: (since: number | undefined) => Socket
  readonly onEvent: (event: LiveEvent) => void
  /** This tab's place in the stream is gone: read everything again. */
  readonly onResync: () => void
  /** The session has ended. The socket stays closed. */
  readonly onSignedOut: () => void
  readonly onServerTime: (now: number) => void
}

const openState = 1

/**
 * The one socket of a tab. Reconnects for ever with capped, spread delays, resumes after the last number it has seen and
 * asks for a fresh snapshot when the server no longer knows that place. Topics are counted: a topic stays subscribed as
 * long as somebody wants it, over any number of reconnects.
 */
export class LiveSocket {
  readonly #options: LiveSocketOptions
  readonly #topics = new Map<string, number>()
  readonly #listeners = new Set<() => void>()
  #connection: Connection = { state: 'connecting', since: Date.now(), newBuild: false }
  #socket: Socket | undefined
  #last: number | undefined
  #build: string | undefined
  #attempt = 0
  #heardAt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setInterval> | undefined
  #changes = new Set<string>()

  constructor(options: LiveSocketOptions) {
    this.#options = options
  }

  get connection(): Connection {
    return this.#connection
  }

  onConnection(changed: () => void): () => void {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }

  start(): void {
    if (this.#watch !== undefined) return
    this.#watch = setInterval(() => this.#checkSilence(), 1000)
    this.#connect()
  }

  stop(): void {
    clearInterval(this.#watch)
    clearTimeout(this.#retry)
    this.#watch = undefined
    this.#retry = undefined
    this.#leave()
    this.#last = undefined
    this.#attempt = 0
    this.#become('connecting')
  }

  /** Somebody is back at the screen or the network is: do not sit out the delay. */
  hurry(): void {
    if (this.#retry === undefined || this.#watch === undefined) return
    clearTimeout(this.#retry)
    this.#connect()
  }

  /** Subscribes to `topics` until the returned function is called. */
  want(topics: readonly string[]): () => void {
    for (const topic of topics) this.#count(topic, 1)
    let wanted = true
    return () => {
      if (!wanted) return
      wanted = false
      for (const topic of topics) this.#count(topic, -1)
    }
  }

  #count(topic: string, by: 1 | -1): void {
    const before = this.#topics.get(topic) ?? 0
    const after = before + by
    if (after > 0) this.#topics.set(topic, after)
    else this.#topics.delete(topic)
    if (before > 0 === after > 0) return
    if (this.#changes.size === 0) queueMicrotask(() => this.#sendChanges())
    this.#changes.add(topic)
  }

  /** One message for all that changed in this turn: a page that opens asks once, not once a row. */
  #sendChanges(): void {
    const changed = [...this.#changes]
    this.#changes = new Set()
    this.#request({ type: 'sub', topics: changed.filter((topic) => this.#topics.has(topic)) })
    this.#request({ type: 'unsub', topics: changed.filter((topic) => !this.#topics.has(topic)) })
  }

  #request(request: LiveRequest): void {
    if (this.#socket?.readyState !== openState) return
    for (let from = 0; from < request.topics.length; from += 500) {
      this.#socket.send(JSON.stringify({ ...request, topics: request.topics.slice(from, from + 500) }))
    }
  }

  #connect(): void {
    this.#retry = undefined
    this.#heardAt = Date.now()
    const socket = this.#options.open(this.#last)
    this.#socket = socket
    socket.onopen = () => this.#request({ type: 'sub', topics: [...this.#topics.keys()] })
    socket.onmessage = (message) => {
      if (socket === this.#socket) this.#hear(String(message.data))
    }
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost()
    }
  }

  #hear(text: string): void {
    this.#heardAt = Date.now()
    const message = JSON.parse(text) as LiveMessage
    switch (message.type) {
      case 'hello':
        this.#hello(message)
        break
      case 'ev':
        // A new subscription brings the newest of its topic along, whose numbers are behind: applying is idempotent.
        this.#last = Math.max(this.#last ?? 0, message.seq)
        this.#options.onEvent(message)
        break
      case 'hb':
        this.#last = Math.max(this.#last ?? 0, message.seq)
        this.#options.onServerTime(message.now)
        this.#become('live')
        break
      case 'resync':
        this.#options.onResync()
        break
      case 'bye':
        if (message.code === 'UNAUTHENTICATED') this.#signedOut()
        break
      case 'error':
        break
    }
  }

  #signedOut(): void {
    this.stop()
    this.#options.onSignedOut()
  }

  #hello({ seq, now, build }: { seq: number; now: number; build: string }): void {
    this.#attempt = 0
    this.#options.onServerTime(now)
    this.#build ??= build
    // A server that counts from the beginning again does not know our place.
    if (this.#last !== undefined && seq < this.#last) {
      this.#last = seq
      this.#options.onResync()
    }
    this.#last ??= seq
    this.#become('live', build !== this.#build)
  }

  #checkSilence(): void {
    if (this.#socket === undefined) return
    const verdict = judgeSilence(Date.now() - this.#heardAt)
    if (verdict === 'dead') this.#lost()
    else if (verdict === 'stalled' && this.#connection.state === 'live') this.#become('stalled')
    else if (verdict === 'live' && this.#connection.state === 'stalled') this.#become('live')
  }

  #lost(): void {
    this.#leave()
    this.#become('down')
    this.#retry = setTimeout(() => this.#connect(), reconnectDelayMs(this.#attempt++))
  }

  #leave(): void {
    const socket = this.#socket
    this.#socket = undefined
    if (socket === undefined) return
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  #become(state: Connection['state'], newBuild = this.#connection.newBuild): void {
    const now = this.#connection
    if (now.state === state && now.newBuild === newBuild) return
    this.#connection = { state, since: now.state === state ? now.since : Date.now(), newBuild }
    for (const changed of [...this.#listeners]) changed()
  }
}
