import type { MqttTime } from '#gateway/profiles/device.ts'
import { valueAtPointer } from './json-pointer.ts'

/** Nothing was measured before this: a clock that says so was never set. */
const earliestPlausible = Date.UTC(2020, 0, 1)

/** The time that a message, or an entry of its history, says; `undefined` when there is none or one that cannot be. */
export function sourceTime(document: unknown, time: MqttTime | undefined, nowMs: number): number | undefined {
  if (time === undefined) return undefined
  const t = readTime(valueAtPointer(document, time.ptr), time.format)
  if (t === undefined || !Number.isFinite(t)) return undefined
  return t >= earliestPlausible && t <= nowMs + time.maxSkewMs ? Math.trunc(t) : undefined
}

function readTime(raw: unknown, format: MqttTime['format']): number | undefined {
  switch (format) {
    case 'epoch_ms':
      return typeof raw === 'number' ? raw : undefined
    case 'epoch_s':
      return typeof raw === 'number' ? raw * 1000 : undefined
    case 'rfc3339':
      return typeof raw === 'string' ? readRfc3339(raw) : undefined
    case 'local':
      return typeof raw === 'string' ? readLocal(raw) : undefined
    case 'auto':
      if (typeof raw === 'number') return raw
      return typeof raw === 'string' ? readRfc3339(raw) : undefined
  }
}

/** With its offset: a local time without one could mean any hour. Some senders give more than three decimals. */
function readRfc3339(text: string): number | undefined {
  const fits = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)$/.test(text)
  return fits ? Date.parse(text.replace(' ', 'T')) : undefined
}

/** Devices that know their wall clock and not their zone stand on the same campus as the gateway. */
function readLocal(text: string): number | undefined {
  const fits = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?$/.test(text)
  return fits ? Date.parse(text.replace(' ', 'T')) : undefined
}
