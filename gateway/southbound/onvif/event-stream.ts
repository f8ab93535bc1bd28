import type { OnvifDevice } from '#gateway/profiles/device.ts'
import { backoffMs } from '#lib/backoff.ts'
import type { Clock } from '#lib/clock.ts'
import type { Subscription } from './camera-calls.ts'
import type { CameraClient } from './camera-client.ts'
import { CameraError, failureOf } from './camera-error.ts'
import type { OnvifMessage } from './decode-event.ts'

export type StreamRules = OnvifDevice['address']['subscription'] & {
  readonly holdsPulls: boolean
  /** A camera that said nothing for this long is asked whether it still would. */
  readonly heartbeatMs: number
}

export type StreamPorts = {
  readonly client: CameraClient
  readonly rules: StreamRules
  readonly clock: Clock
  /** What is learned of the camera outlives a session. */
  readonly memory: StreamMemory
  readonly onMessages: (messages: readonly OnvifMessage[]) => void
  /** Called after every sign that events would come, and when that ends. */
  readonly onAlive: () => void
  readonly onLost: (reason: string) => void
}

export type StreamMemory = {
  /** It has told something on being asked: from then on silence on being asked is a loss. */
  speaks: boolean
  canSync: boolean
  /** The host it named could not be reached; its own is used. */
  useDeviceHost: boolean
}

export function freshMemory(): StreamMemory {
  return { speaks: false, canSync: true, useDeviceHost: false }
}

/** An answer to an empty pull that came this early was not held by the camera at all. */
const earlyMs = 500
const pauseMs = 1_000
const slackMs = 5_000
/** A camera with the quirk holds pulls for a minute, whatever it is told. */
const longHoldMs = 65_000
const goodbyeMs = 1_500
const firstPullMs = 1_000

type Watch = {
  /** Nothing was pulled yet: the first answer is proof of life, so it is not waited for long. */
  isNew: boolean
  subscription: Subscription
  /** Monotonic. */
  endsAt: number
  lastWordAt: number
  askedAt: number | undefined
}

/**
 * The event subscription of one camera, supervised: renewed before it ends, made again with growing waits when it fails,
 * and asked for a word when it is quiet, because a camera can answer every pull and still have forgotten its subscriber.
 */
export class EventStream {
  readonly #ports: StreamPorts
  /** Silence was noticed: empty answers are no proof of life any more. */
  #mustSpeak = false
  /** The next subscription is made to hear the states, of a camera that cannot be asked otherwise. */
  #isAsking = false

  constructor(ports: StreamPorts) {
    this.#ports = ports
  }

  /** Serves until `signal` aborts. Throws CameraError `unreachable` or `credentials`: then it is not about events alone. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, rules } = this.#ports
    const [firstMs, maxMs] = rules.restartBackoffMs
    let attempt = 0
    while (!signal.aborted) {
      try {
        await this.#serve(signal, () => {
          attempt = 0
        })
      } catch (error) {
        if (signal.aborted) return
        await this.#judge(error, attempt)
        await clock.sleep(backoffMs(attempt++, { firstMs, maxMs }), signal)
      }
    }
  }

  async #judge(error: unknown, attempt: number): Promise<void> {
    const failure = failureOf(error)
    if (failure === undefined || failure === 'credentials') throw error
    const { client, memory, onLost } = this.#ports
    const wasElsewhere = !memory.useDeviceHost && this.#ports.rules.host === 'advertised'
    if (failure === 'unreachable' || failure === 'timeout') {
      memory.useDeviceHost = true
      // A pull that hangs while the camera answers is a matter of events; a camera that is gone is not.
      if (!wasElsewhere || failure === 'timeout') await client.measureClock()
    }
    if (failure === 'timeout' || this.#mustSpeak || attempt > 0) onLost((error as Error).message)
  }

  async #serve(signal: AbortSignal, working: () => void): Promise<void> {
    const { client, rules, clock, memory } = this.#ports
    const host = memory.useDeviceHost ? 'device' : rules.host
    const subscription = await client.subscribe(rules.terminationMs, host)
    const now = clock.monotonic()
    const watch: Watch = {
      isNew: true,
      ...{ subscription, endsAt: now + subscription.remainingMs, lastWordAt: now },
      // A new subscription is told all states by itself, or after being asked to.
      askedAt: this.#mustSpeak || this.#isAsking ? now : undefined,
    }
    this.#isAsking = false
    try {
      if (rules.sync) await this.#synchronize(watch)
      while (!signal.aborted) {
        if (!(await this.#turn(watch, signal))) return
        working()
      }
    } finally {
      await this.#leave(subscription)
    }
  }

  /** One pull with what it needs before. False when a new subscription is wanted. */
  async #turn(watch: Watch, signal: AbortSignal): Promise<boolean> {
    const { client, rules, clock, onAlive, onMessages } = this.#ports
    await this.#renew(watch)
    const longestMs = watch.isNew ? firstPullMs : rules.pullTimeoutMs
    const timeoutMs = Math.max(1_000, Math.min(longestMs, this.#renewIn(watch)))
    const startedAt = clock.monotonic()
    const answerWithinMs = (rules.holdsPulls ? longHoldMs : timeoutMs) + slackMs
    const { messages } = await client.pull(watch.subscription, {
      ...{ timeoutMs, answerWithinMs, limit: rules.limit, signal },
    })
    const now = clock.monotonic()
    watch.isNew = false
    if (messages.length > 0) {
      watch.lastWordAt = now
      if (messages.some(({ operation }) => operation === 'Initialized')) this.#ports.memory.speaks = true
      watch.askedAt = undefined
      this.#mustSpeak = false
      onAlive()
      onMessages(messages)
      return true
    }
    if (!this.#mustSpeak) onAlive()
    if (now - startedAt < Math.min(earlyMs, timeoutMs / 2)) await clock.sleep(pauseMs, signal)
    return await this.#doubt(watch, now)
  }

  /** Quiet for long: asks for a word. Asked in vain: the events are lost, although the camera answers. */
  async #doubt(watch: Watch, now: number): Promise<boolean> {
    const { rules, memory } = this.#ports
    if (watch.askedAt !== undefined) {
      if (!memory.speaks || now - watch.askedAt < 2 * rules.pullTimeoutMs) return true
      this.#mustSpeak = true
      throw new CameraError('fault', 'the camera answers, but tells no events any more')
    }
    if (now - watch.lastWordAt < rules.heartbeatMs) return true
    if (rules.sync && memory.canSync) {
      await this.#synchronize(watch)
      return true
    }
    this.#isAsking = true
    return false
  }

  async #synchronize(watch: Watch): Promise<void> {
    const { client, clock, memory } = this.#ports
    if (!memory.canSync) return
    try {
      await client.synchronize(watch.subscription)
      watch.askedAt = clock.monotonic()
      watch.lastWordAt = clock.monotonic()
    } catch (error) {
      if (failureOf(error) !== 'fault') throw error
      memory.canSync = false
    }
  }

  async #renew(watch: Watch): Promise<void> {
    const { client, rules, clock } = this.#ports
    if (this.#renewIn(watch) > 0) return
    watch.endsAt = clock.monotonic() + (await client.renew(watch.subscription, rules.terminationMs))
  }

  /** A camera may grant less than was asked for: then half of it is left. */
  #renewIn({ endsAt, subscription }: Watch): number {
    const { rules, clock } = this.#ports
    const reserveMs = Math.min(rules.renewBeforeMs, subscription.remainingMs / 2)
    return endsAt - reserveMs - clock.monotonic()
  }

  /** Cameras keep few subscriptions and forget none before its time. */
  async #leave(subscription: Subscription): Promise<void> {
    const { client, clock } = this.#ports
    const over = new AbortController()
    const goodbye = client.unsubscribe(subscription).catch(() => undefined)
    await Promise.race([goodbye, clock.sleep(goodbyeMs, over.signal)])
    over.abort()
  }
}
