import { good, qualityCodes } from '#contract/quality.ts'
import type { OnvifDevice, OnvifPoint } from '#gateway/profiles/device.ts'
import type { Probed, ProbedPoint } from '../driver.ts'
import { type CameraSession, openSession, type SessionOptions } from './camera-session.ts'
import { type DecodedEvent, decodeEvent } from './decode-event.ts'

const patienceMs = 3_000

/** Commissioning: logs in, listens to the present states for a moment, and leaves no subscription behind. */
export async function probeCamera(device: OnvifDevice, options: SessionOptions): Promise<Probed> {
  await using session = await openSession(device, options)
  const events = device.address.events.length > 0 && session.client.has('events')
  const seen = events ? await listen(session, device, options).catch(() => undefined) : undefined
  const brightness = await session.brightnessOf(device).catch(() => undefined)
  const look: Look = { session, seen, brightness }
  const { manufacturer, model, firmware } = session.information
  const expected = device.vendor.toLowerCase()
  const fits = expected === 'generic' || manufacturer.toLowerCase().includes(expected)
  return {
    points: device.points.filter(({ from }) => from !== undefined).map((point) => probedPoint(point, look)),
    identity: { fits, text: [manufacturer, model, firmware].filter((one) => one !== '').join(' ') },
  }
}

type Look = {
  readonly session: CameraSession
  /** `undefined`: the camera takes no subscription. */
  readonly seen: ReadonlyMap<string, DecodedEvent> | undefined
  readonly brightness: number | undefined
}

async function listen(
  { client, tokens }: CameraSession,
  device: OnvifDevice,
  { clock, signal }: SessionOptions,
): Promise<ReadonlyMap<string, DecodedEvent>> {
  const { terminationMs, host, sync, limit } = device.address.subscription
  const seen = new Map<string, DecodedEvent>()
  const subscription = await client.subscribe(terminationMs, host)
  try {
    if (sync) await client.synchronize(subscription).catch(() => undefined)
    const until = clock.monotonic() + patienceMs
    while (clock.monotonic() < until && !signal.aborted) {
      const options = { timeoutMs: 1_000, answerWithinMs: patienceMs, limit, signal }
      const { messages } = await client.pull(subscription, options)
      for (const message of messages) {
        for (const event of decodeEvent(message, device, tokens)) seen.set(event.point, event)
      }
      if (messages.length === 0) break
    }
  } finally {
    await client.unsubscribe(subscription).catch(() => undefined)
  }
  return seen
}

function probedPoint({ id, from }: OnvifPoint, { session, seen, brightness }: Look): ProbedPoint {
  const derived = from !== undefined && 'derived' in from ? from.derived : undefined
  switch (derived) {
    case 'availability':
      return { point: id, value: true, quality: good }
    case 'events':
      return { point: id, value: seen !== undefined, quality: good }
    case 'clock_offset':
      return { point: id, value: Math.round(session.client.clockOffsetMs / 100) / 10, quality: good }
    case undefined:
      return brightness === undefined
        ? nothing(id, 'the camera does not tell it')
        : { point: id, value: brightness, quality: good }
    case 'event': {
      const event = seen?.get(id)
      if (event === undefined) return nothing(id, 'comes with the next event')
      return { point: id, raw: event.raw, value: event.value, quality: event.quality }
    }
  }
}

function nothing(point: string, reason: string): ProbedPoint {
  return { point, value: null, quality: qualityCodes['bad:missing'], reason }
}
