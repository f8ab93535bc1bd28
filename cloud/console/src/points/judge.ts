import type { LastValue, Point } from '#contract/api/points.ts'
import type { LiveSample } from '../live/live-store.ts'

/**
 * What a value is worth. `stale` when the gateway says so or when nothing came for longer than the point's profile
 * allows; `none` when there has never been a sample.
 */
export type Worth = 'good' | 'bad' | 'stale' | 'none'

export function judge(sample: LiveSample | undefined, staleAfterMs: number | undefined, now: number): Worth {
  if (sample === undefined) return 'none'
  if (sample.quality === 'stale') return 'stale'
  if (staleAfterMs !== undefined && staleAfterMs > 0 && now - sample.t > staleAfterMs) return 'stale'
  return sample.quality === 'good' ? 'good' : 'bad'
}

export function sampleOf(last: LastValue | undefined): LiveSample | undefined {
  if (last === undefined) return undefined
  const { at, value, quality, reason } = last
  return { t: Date.parse(at), value, quality, ...(reason === undefined ? {} : { reason }) }
}

/** The state of a whole device: the worst thing that is true of it, with how many of its points it is true of. */
export type DeviceState = {
  readonly state: 'normal' | 'away' | 'offline' | 'bad' | 'stale' | 'none' | 'removed'
  readonly count: number
  readonly of: number
}

export type PointWorth = { readonly worth: Worth; readonly kind: Point['kind'] }

export type DeviceFacts = {
  readonly link: 'up' | 'down' | 'unknown'
  readonly gatewayConnected: boolean
  readonly removed: boolean
}

export function deviceState(
  { link, gatewayConnected, removed }: DeviceFacts,
  points: readonly PointWorth[],
): DeviceState {
  // An event point speaks only when something happens: its silence says nothing.
  const judged = points.filter(({ kind }) => kind !== 'event')
  const count = (worth: Worth): number => judged.filter((point) => point.worth === worth).length
  const of = judged.length
  if (removed) return { state: 'removed', count: 0, of }
  // What was true when the gateway was last heard says nothing about now.
  if (!gatewayConnected) return { state: 'away', count: of, of }
  if (link === 'down') return { state: 'offline', count: of, of }
  if (count('none') === of) return { state: 'none', count: of, of }
  if (count('bad') > 0) return { state: 'bad', count: count('bad'), of }
  if (count('stale') > 0) return { state: 'stale', count: count('stale'), of }
  return { state: 'normal', count: of, of }
}
