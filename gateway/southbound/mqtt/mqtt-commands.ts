import { randomInt } from 'node:crypto'
import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { MqttPoint } from '#gateway/profiles/device.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Written } from '../driver.ts'
import { rampStepMs, rampValues } from '../ramp.ts'
import { ReadbackWaiters } from '../readback-waiters.ts'
import { AckWaiters } from './ack-waiters.ts'
import { encodeCommand } from './encode.ts'
import type { MqttDeviceState } from './mqtt-device-state.ts'
import type { MqttLink } from './mqtt-link.ts'

export type CommandTarget = {
  readonly state: MqttDeviceState
  readonly point: MqttPoint
  /** `<device>/<point>` */
  readonly name: string
}

type Ports = { readonly clock: Clock; readonly log: Logger }

/** Sends what a point is to become and finds out whether it did: by the device's answer, by what it shows, or by both. */
export class MqttCommands {
  readonly #link: MqttLink
  readonly #clock: Clock
  readonly #log: Logger
  readonly #waiters: ReadbackWaiters
  readonly #acks: AckWaiters
  /** Starts anywhere: on a broker with several gateways, answers to the others must not look like ours. */
  #seq = randomInt(1, 2 ** 30)

  constructor(link: MqttLink, { clock, log }: Ports) {
    this.#link = link
    this.#clock = clock
    this.#log = log
    this.#waiters = new ReadbackWaiters(clock)
    this.#acks = new AckWaiters(clock)
  }

  /** A device said its value just now. */
  seen(point: string, value: Value): void {
    this.#waiters.seen(point, value)
  }

  /** Something came on a topic on which devices answer. */
  answered(topic: string, payload: Uint8Array): void {
    this.#acks.take(topic, payload)
  }

  /** Throws AppError DEVICE_TIMEOUT, DEVICE_REFUSED, LINK_DOWN or VALUE_OUT_OF_RANGE. */
  async write(target: CommandTarget, value: Scalar, signal: AbortSignal): Promise<Written> {
    const { onFail } = target.point.write ?? {}
    try {
      for (const step of this.#wayTo(target, value)) {
        if (step === value) break
        await this.#send(target.point, step)
        await this.#clock.sleep(rampStepMs, signal)
        signal.throwIfAborted()
      }
      const written = await this.#writeOnce(target, value, signal)
      if (written.verified === false) await this.#fallBack(target, onFail)
      return written
    } catch (error) {
      if (error instanceof AppError && error.code === 'DEVICE_TIMEOUT') await this.#fallBack(target, onFail)
      throw error
    }
  }

  /** The way to a point that must not jump. From an unknown value there is no way to go slowly. */
  #wayTo({ state, point }: CommandTarget, value: Scalar): Iterable<number> {
    const { rampMaxPerS, readback } = point.write ?? {}
    const from = state.valueOf(readback?.point ?? point.id)
    if (rampMaxPerS === undefined || typeof from !== 'number' || typeof value !== 'number') return []
    return rampValues(from, value, rampMaxPerS)
  }

  async #writeOnce(
    { state, point, name }: CommandTarget,
    value: Scalar,
    signal: AbortSignal,
  ): Promise<Written> {
    const { to, readback } = point.write ?? {}
    // Listening starts before sending: a fast device answers before publish returns.
    const seq = this.#seq + 1
    using ack = to?.ack === undefined ? undefined : this.#acks.start(name, to.ack, seq, signal)
    const shown = `${state.device.id}/${readback?.point}`
    using waiter =
      readback === undefined ? undefined : this.#waiters.start(shown, { wanted: value, ...readback }, signal)
    await this.#send(point, value)
    if (waiter === undefined) {
      await ack?.outcome
      return {}
    }
    // A refusal counts at once; a missing answer matters only when the device does not show the value either.
    const refused = ack?.outcome.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => {
        if (error instanceof AppError && error.code === 'DEVICE_TIMEOUT') return waiter.outcome
        throw error
      },
    )
    return await Promise.race(refused === undefined ? [waiter.outcome] : [waiter.outcome, refused])
  }

  async #send(point: MqttPoint, value: Scalar): Promise<void> {
    const encoded = encodeCommand(point, value, ++this.#seq)
    if (!encoded.ok) throw new AppError('VALUE_OUT_OF_RANGE', encoded.reason)
    await this.#link.publish(encoded.topic, encoded.payload, { qos: encoded.qos })
  }

  async #fallBack({ point, name }: CommandTarget, onFail: Scalar | undefined): Promise<void> {
    if (onFail === undefined) return
    this.#log.warn({ point: name, onFail }, 'not verified: the safe value is written')
    await this.#send(point, onFail).catch((err: unknown) => {
      this.#log.error({ err, point: name }, 'the safe value was not sent')
    })
  }
}
