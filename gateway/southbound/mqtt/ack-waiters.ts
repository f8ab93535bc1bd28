import { AppError } from '#contract/errors.ts'
import type { MqttTarget } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { valueAtPointer } from './json-pointer.ts'

type Ack = NonNullable<MqttTarget['ack']>
type Waiting = { readonly topic: string; readonly take: (answer: unknown) => void }

export interface AckWaiter extends Disposable {
  /** Resolves when the device said yes. DEVICE_REFUSED with its words when it said no, DEVICE_TIMEOUT when nothing came. */
  readonly outcome: Promise<void>
}

/** An answer is a line, not a document. */
const maxBytes = 16_384
const maxReason = 200

/** Commands that wait for the device's own answer. */
export class AckWaiters {
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A message came on a topic on which devices answer. */
  take(topic: string, payload: Uint8Array): void {
    const concerned = [...this.#waiting].filter((one) => one.topic === topic)
    if (concerned.length === 0 || payload.length > maxBytes) return
    const answer = contentOf(payload)
    for (const waiting of concerned) waiting.take(answer)
  }

  start(point: string, ack: Ack, seq: number, signal: AbortSignal): AckWaiter {
    const done = new AbortController()
    const answered = Promise.withResolvers<void>()
    const waiting: Waiting = {
      topic: ack.topic,
      take: (answer) => {
        if (!isMeant(ack, answer, seq)) return
        const reason = refusalIn(ack, answer)
        if (reason === undefined) answered.resolve()
        else answered.reject(new AppError('DEVICE_REFUSED', `${point}: the device refused: ${reason}`))
      },
    }
    this.#waiting.add(waiting)
    const deadline = this.#clock.sleep(ack.withinMs, AbortSignal.any([signal, done.signal])).then(() => {
      if (done.signal.aborted) return
      throw new AppError('DEVICE_TIMEOUT', `${point}: no answer on ${ack.topic} within ${ack.withinMs} ms`)
    })
    const outcome = Promise.race([answered.promise, deadline])
    // When publishing failed nobody waits for the outcome any more.
    outcome.catch(() => {})
    return {
      outcome,
      [Symbol.dispose]: () => {
        done.abort()
        this.#waiting.delete(waiting)
      },
    }
  }
}

function isMeant({ match }: Ack, answer: unknown, seq: number): boolean {
  if (match === undefined) return true
  return valueAtPointer(answer, match.ptr) === (match.equals === '$seq' ? seq : match.equals)
}

function refusalIn({ errorPtr }: Ack, answer: unknown): string | undefined {
  const found = errorPtr === undefined ? undefined : valueAtPointer(answer, errorPtr)
  if (found === undefined || found === null) return undefined
  return (typeof found === 'string' ? found : JSON.stringify(found)).slice(0, maxReason)
}

function contentOf(payload: Uint8Array): unknown {
  const text = Buffer.from(payload).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
