import { randomUUID } from 'node:crypto'
import { escapeXml } from './xml.ts'

export type PropertyOperation = 'Initialized' | 'Changed' | 'Deleted'
type Items = Readonly<Record<string, string>>

/** One notification as a camera writes it; every text is sent as it is. */
export type CameraEvent = {
  /** With its prefix and whatever the vendor hangs on: `tns1:RuleEngine/CellMotionDetector/Motion//.` */
  readonly topic: string
  /** Absent for an event that is no property. A property is told again to every new subscriber. */
  readonly operation?: PropertyOperation
  readonly source?: Items
  readonly key?: Items
  readonly data?: Items
  /** Instead of the camera's time: `0000-00-00T00:00:00Z`. */
  readonly utcTime?: string
}

type Subscription = {
  readonly id: string
  readonly queue: string[]
  expiresAt: number
  wake: () => void
}

export type SubscriptionRules = {
  /** How many at once. */
  readonly max: number
  /** What happens to one more: it is refused, or it takes the place of the oldest without a word. */
  readonly excess: 'refuse' | 'replace'
}

/** The pull points of one camera. */
export class Subscriptions {
  readonly #all = new Map<string, Subscription>()
  readonly #properties = new Map<string, CameraEvent>()
  readonly #cameraNow: () => number
  created = 0

  constructor(cameraNow: () => number) {
    this.#cameraNow = cameraNow
  }

  get open(): number {
    return this.#all.size
  }

  create(lifetimeMs: number, rules: SubscriptionRules): string | undefined {
    this.#expire()
    if (this.#all.size >= rules.max) {
      if (rules.excess === 'refuse') return undefined
      const [oldest] = this.#all.keys()
      if (oldest !== undefined) this.drop(oldest)
    }
    const id = randomUUID().slice(0, 8)
    this.#all.set(id, { id, queue: [], expiresAt: Date.now() + lifetimeMs, wake: () => {} })
    this.created++
    this.synchronize(id)
    return id
  }

  has(id: string): boolean {
    this.#expire()
    return this.#all.has(id)
  }

  renew(id: string, lifetimeMs: number): void {
    const one = this.#all.get(id)
    if (one !== undefined) one.expiresAt = Date.now() + lifetimeMs
  }

  drop(id?: string): void {
    for (const [key, one] of [...this.#all]) {
      if (id !== undefined && key !== id) continue
      this.#all.delete(key)
      one.wake()
    }
  }

  /** The state of every property, as `Initialized`, to this one. */
  synchronize(id: string): void {
    for (const event of this.#properties.values()) this.#push(id, { ...event, operation: 'Initialized' })
  }

  emit(event: CameraEvent, isHeard = true): void {
    if (event.operation !== undefined) {
      const key = JSON.stringify([event.topic, event.source, event.key])
      if (event.operation === 'Deleted') this.#properties.delete(key)
      else this.#properties.set(key, event)
    }
    if (!isHeard) return
    for (const id of this.#all.keys()) this.#push(id, event)
  }

  /** Messages as they come; empty after `timeoutMs`; `undefined` when the subscription went away meanwhile. */
  async pull(id: string, timeoutMs: number, limit: number): Promise<readonly string[] | undefined> {
    const one = this.#all.get(id)
    if (one === undefined) return undefined
    if (one.queue.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        one.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.has(id) ? one.queue.splice(0, limit) : undefined
  }

  #push(id: string, event: CameraEvent): void {
    const one = this.#all.get(id)
    one?.queue.push(notification(event, this.#cameraNow()))
    one?.wake()
  }

  #expire(): void {
    for (const [id, { expiresAt }] of [...this.#all]) if (expiresAt <= Date.now()) this.drop(id)
  }
}

function notification({ topic, operation, source, key, data, utcTime }: CameraEvent, now: number): string {
  const at = utcTime ?? new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  const property = operation === undefined ? '' : ` PropertyOperation="${operation}"`
  return (
    '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">' +
    `${escapeXml(topic)}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="${at}"${property}>` +
    `${items('Source', source)}${items('Key', key)}${items('Data', data)}` +
    '</tt:Message></wsnt:Message></wsnt:NotificationMessage>'
  )
}

function items(list: string, values: Items | undefined): string {
  if (values === undefined) return ''
  const simple = Object.entries(values).map(
    ([name, value]) => `<tt:SimpleItem Name="${escapeXml(name)}" Value="${escapeXml(value)}"/>`,
  )
  return `<tt:${list}>${simple.join('')}</tt:${list}>`
}
