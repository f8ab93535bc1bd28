import { good, qualityCodes, stale } from '#contract/quality.ts'
import type { MqttDevice, MqttTopic } from '#gateway/profiles/device.ts'
import type { Reading } from '../../driver.ts'
import { readingsOf } from '../decode.ts'
import { contentOf } from '../decode-payload.ts'
import { sourceTime } from '../source-time.ts'
import type { Moment } from './sparkplug-session.ts'

/** What a moment says about the points of a device; where the device itself doubts a value, so do we. Pure. */
export function momentReadings(
  device: MqttDevice,
  topic: MqttTopic,
  { whole, isHistorical, quality }: Moment,
  nowMs: number,
): Reading[] {
  const content = contentOf(topic, whole)
  if (!content.ok) return []
  const said = sourceTime(whole, device.address.time, nowMs)
  // History without its time says nothing.
  if (isHistorical && said === undefined) return []
  const readings = readingsOf(device, topic, content, { t: said ?? nowMs, late: isHistorical })
  if (quality === undefined || quality === good) return readings
  if (quality === stale)
    return readings.map((one) => (one.quality === good ? { ...one, quality: stale } : one))
  return readings.map((one) => ({ ...one, value: null, quality: qualityCodes['bad:missing'] }))
}
