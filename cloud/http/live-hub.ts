import type { Thing } from '#cloud/access/access.ts'
import type { Alarm } from '#contract/api/alarms.ts'
import type { IssuedCommand } from '#contract/api/commands.ts'
import type { Gateway } from '#contract/api/gateways.ts'
import type { DeviceUpdate, LiveEvent, LiveMessage, PointUpdate } from '#contract/api/live.ts'
import type { Clock } from '#lib/clock.ts'
import { EventRing, type RingLimits } from './event-ring.ts'
import { LatestPoints } from './latest-points.ts'
import { pointPrefixOf, pointTopics, thingOfEvent } from './live-topics.ts'

export type LiveOptions = {
  readonly clock: Clock
  /** Changes with the console's files. */
  readonly build: string
  readonly ring?: RingLimits
  readonly limits?: SlowReaderLimits
}

/** Whether a watcher may see what an event tells of. */
export type Sees = (thing: Thing) => boolean

/** Bytes that wait in a client's socket: above the first no telemetry is added, above the second it is let go. */
export type SlowReaderLimits = { readonly skipBytes: number; readonly closeBytes: number }

/** What the hub needs of a connection. `send` never throws. */
export interface LiveConnection {
  send(text: string): void
  readonly bufferedAmount: number
  /** Says goodbye with `code` and closes. */
  close(code: 'SHUTDOWN' | 'TOO_SLOW'): void
}

export type Collected = { readonly resync: boolean; readonly events: readonly LiveEvent[] }

const defaultRing: RingLimits = { maxEvents: 5_000, maxAgeMs: 10 * 60_000 }
const defaultLimits: SlowReaderLimits = { skipBytes: 2 * 1024 * 1024, closeBytes: 8 * 1024 * 1024 }
/** Topics whose every event is kept for a while. */
const keptTopics = ['alarms', 'gateways', 'devices', 'commands'] as const
const tickMs = 100
const heartbeatMs = 5_000
export const maxTopics = 1_000

/**
 * Fans out what happens to everyone who watches. Publishing never throws and never waits. Numbers grow over all topics
 * and over restarts. Alarms, gateways, devices and commands are never left out, and each has a ring of its own, so that a busy
 * fleet does not push out alarms; of a point only the newest update counts.
 */
export class LiveHub implements AsyncDisposable {
  readonly build: string
  readonly #clock: Clock
  readonly #limits: SlowReaderLimits
  readonly #rings: ReadonlyMap<string, EventRing>
  readonly #firstSeq: number
  readonly #points: LatestPoints
  readonly #clients = new Set<LiveClient>()
  readonly #byTopic = new Map<string, Set<LiveClient>>()
  /** Topics of points among them: without one, what is told of points need not be looked up. */
  #pointTopics = 0
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #seq: number

  /** Starts the heartbeat; disposing stops it and lets every client go. */
  static start(options: LiveOptions): LiveHub {
    const hub = new LiveHub(options)
    hub.#loop = hub.#run()
    return hub
  }

  private constructor({ clock, build, ring = defaultRing, limits = defaultLimits }: LiveOptions) {
    this.build = build
    this.#clock = clock
    this.#limits = limits
    // Above every number of an earlier process, so that a client of it is told to start over.
    this.#seq = clock.now() * 1_000
    this.#firstSeq = this.#seq
    this.#rings = new Map(keptTopics.map((topic) => [topic, new EventRing(ring, this.#seq)]))
    this.#points = new LatestPoints({ nextSeq: () => ++this.#seq })
  }

  get seq(): number {
    return this.#seq
  }

  get clients(): number {
    return this.#clients.size
  }

  publishAlarm(alarm: Alarm): void {
    this.#publish({ type: 'ev', seq: ++this.#seq, topic: 'alarms', data: alarm })
  }

  publishGateway(gateway: Gateway): void {
    this.#publish({ type: 'ev', seq: ++this.#seq, topic: 'gateways', data: gateway })
  }

  publishDevice(device: DeviceUpdate): void {
    this.#publish({ type: 'ev', seq: ++this.#seq, topic: 'devices', data: device })
  }

  publishCommand(command: IssuedCommand): void {
    this.#publish({ type: 'ev', seq: ++this.#seq, topic: 'commands', data: command })
  }

  publishPoints(updates: readonly PointUpdate[]): void {
    const now = this.#clock.now()
    for (const update of updates) {
      const event = this.#points.accept(update, now)
      if (event !== undefined) this.#sendPoint(event)
    }
  }

  /** Greets the connection. `since` is the last number that the client has; of what it may not see it hears nothing. */
  connect(connection: LiveConnection, { sees, since }: Watcher): LiveClient {
    const resumes = since !== undefined && this.#isOfThisProcess(since)
    const client = new LiveClient(connection, this.#limits, {
      sees,
      since: resumes ? since : this.#seq,
      resumes,
    })
    this.#clients.add(client)
    client.send({ type: 'hello', seq: this.#seq, now: this.#clock.now(), build: this.build })
    if (since !== undefined && !resumes) client.send({ type: 'resync' })
    return client
  }

  /** False when the client would have too many topics; then nothing changed. */
  subscribe(client: LiveClient, topics: readonly string[]): boolean {
    const added = [...new Set(topics)].filter((topic) => !client.topics.has(topic))
    if (client.topics.size + added.length > maxTopics) return false
    for (const topic of added) {
      client.topics.add(topic)
      const subscribers = this.#byTopic.get(topic) ?? this.#addTopic(topic)
      subscribers.add(client)
    }
    if (client.resumes && !this.#reachBackTo(client.since, added)) {
      client.resumes = false
      client.send({ type: 'resync' })
    }
    for (const event of this.#keptAfter(client.since, added)) client.sendEvent(event)
    for (const topic of added) {
      const prefix = pointPrefixOf(topic)
      if (prefix !== undefined) for (const event of this.#points.snapshot(prefix)) client.sendPoint(event)
    }
    return true
  }

  unsubscribe(client: LiveClient, topics: Iterable<string>): void {
    for (const topic of topics) {
      client.topics.delete(topic)
      const subscribers = this.#byTopic.get(topic)
      subscribers?.delete(client)
      if (subscribers?.size !== 0) continue
      this.#byTopic.delete(topic)
      if (pointPrefixOf(topic) !== undefined) this.#pointTopics--
    }
  }

  disconnect(client: LiveClient): void {
    this.unsubscribe(client, [...client.topics])
    this.#clients.delete(client)
  }

  /** What a long poll gets: the events of `topics` after `since`, in order. */
  collect(since: number, topics: readonly string[], sees: Sees): Collected {
    if (!this.#isOfThisProcess(since) || !this.#reachBackTo(since, topics))
      return { resync: true, events: [] }
    const updates = topics.flatMap((topic) => {
      const prefix = pointPrefixOf(topic)
      return prefix === undefined ? [] : this.#points.after(since, prefix)
    })
    const unique = new Map([...this.#keptAfter(since, topics), ...updates].map((event) => [event.seq, event]))
    const visible = [...unique.values()].filter((event) => sees(thingOfEvent(event)))
    return { resync: false, events: visible.sort((a, b) => a.seq - b.seq) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
    for (const client of this.#clients) client.connection.close('SHUTDOWN')
  }

  #isOfThisProcess(since: number): boolean {
    return since >= this.#firstSeq && since <= this.#seq
  }

  #reachBackTo(since: number, topics: readonly string[]): boolean {
    const now = this.#clock.now()
    return topics.every((topic) => this.#rings.get(topic)?.reachesBackTo(since, now) ?? true)
  }

  #keptAfter(since: number, topics: readonly string[]): LiveEvent[] {
    const events = topics.flatMap((topic) => this.#rings.get(topic)?.after(since) ?? [])
    return events.sort((a, b) => a.seq - b.seq)
  }

  #publish(event: LiveEvent): void {
    this.#rings.get(event.topic)?.push(event, this.#clock.now())
    const text = JSON.stringify(event)
    for (const client of this.#byTopic.get(event.topic) ?? []) client.sendEvent(event, text)
  }

  #addTopic(topic: string): Set<LiveClient> {
    const subscribers = new Set<LiveClient>()
    this.#byTopic.set(topic, subscribers)
    if (pointPrefixOf(topic) !== undefined) this.#pointTopics++
    return subscribers
  }

  #sendPoint(event: LiveEvent & { data: PointUpdate }): void {
    if (this.#pointTopics === 0) return
    let text: string | undefined
    for (const topic of pointTopics(event.data.point)) {
      for (const client of this.#byTopic.get(topic) ?? []) {
        text ??= JSON.stringify(event)
        client.sendPoint(event, text)
      }
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let heartbeatAt = this.#clock.monotonic() + heartbeatMs
    while (!signal.aborted) {
      await this.#clock.sleep(tickMs, signal)
      for (const event of this.#points.due(this.#clock.now())) this.#sendPoint(event)
      for (const client of this.#clients) this.#catchUp(client)
      if (this.#clock.monotonic() < heartbeatAt) continue
      heartbeatAt += heartbeatMs
      for (const client of this.#clients) client.send({ type: 'hb', seq: this.#seq, now: this.#clock.now() })
    }
  }

  /** Sends a reader that was slow the newest of what was left out. */
  #catchUp(client: LiveClient): void {
    for (const point of client.takeMissed()) {
      for (const event of this.#points.snapshot(point)) client.sendPoint(event)
    }
  }
}

export type Watcher = { readonly sees: Sees; readonly since?: number | undefined }

/** One watcher: what it watches and what a slow one has missed. */
export class LiveClient {
  readonly topics = new Set<string>()
  readonly connection: LiveConnection
  /** Events up to this number are known to the client. */
  readonly since: number
  /** It was here before and has not been told to start over. */
  resumes: boolean
  /** Replaced when the person's rights have changed. */
  sees: Sees
  readonly #limits: SlowReaderLimits
  #missed = new Set<string>()
  #closed = false

  constructor(
    connection: LiveConnection,
    limits: SlowReaderLimits,
    { sees, since, resumes }: { readonly sees: Sees; readonly since: number; readonly resumes: boolean },
  ) {
    this.sees = sees
    this.connection = connection
    this.#limits = limits
    this.since = since
    this.resumes = resumes
  }

  send(message: LiveMessage): void {
    this.sendText(JSON.stringify(message))
  }

  sendText(text: string): void {
    if (this.#closed) return
    if (this.connection.bufferedAmount > this.#limits.closeBytes) {
      this.#closed = true
      this.connection.close('TOO_SLOW')
    } else {
      this.connection.send(text)
    }
  }

  sendEvent(event: LiveEvent, text = JSON.stringify(event)): void {
    if (this.sees(thingOfEvent(event))) this.sendText(text)
  }

  sendPoint(event: LiveEvent & { data: PointUpdate }, text = JSON.stringify(event)): void {
    if (!this.sees(thingOfEvent(event))) return
    if (this.connection.bufferedAmount > this.#limits.skipBytes) this.#missed.add(event.data.point)
    else this.sendText(text)
  }

  /** Empty while the reader is still behind. */
  takeMissed(): Iterable<string> {
    if (this.#missed.size === 0 || this.connection.bufferedAmount > this.#limits.skipBytes) return []
    const missed = this.#missed
    this.#missed = new Set()
    return missed
  }
}
