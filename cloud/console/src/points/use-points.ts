import { useCallback, useLayoutEffect, useSyncExternalStore } from 'react'
import type { Device } from '#contract/api/devices.ts'
import type { Point } from '#contract/api/points.ts'
import { lastSamples } from '../api/queries.ts'
import { useLive } from '../live/live-context.tsx'
import type { LiveSample } from '../live/live-store.ts'
import { useEverySecond, usePoint } from '../live/use-point.ts'
import { type DeviceState, deviceState, judge, type Worth } from './judge.ts'

/** Hands the samples that came with an answer to the live store, before anything of it is painted. */
export function useSeed(points: readonly Point[] | undefined): void {
  const { store } = useLive()
  useLayoutEffect(() => {
    if (points !== undefined) store.apply(lastSamples(points))
  }, [store, points])
}

/** The newest sample of a point and what it is worth now: a value grows old without a message saying so. */
export function useJudged(point: Point): { sample: LiveSample | undefined; worth: Worth } {
  const sample = usePoint(point.id)
  const worth = useEverySecond((now) => judge(sample, point.staleAfterMs, now))
  return { sample, worth }
}

/** The state of a device, rendered again only when it changes. */
export function useDeviceState(device: Device): DeviceState {
  const { store, clock } = useLive()
  const subscribe = useCallback(
    (changed: () => void) => {
      const leave = device.points.map(({ id }) => store.subscribe(id, changed))
      leave.push(clock.subscribe(changed))
      return () => {
        for (const stop of leave) stop()
      }
    },
    [store, clock, device],
  )
  const text = useSyncExternalStore(subscribe, () => {
    const now = clock.now()
    const present = device.points.filter(({ removedAt }) => removedAt === undefined)
    const worths = present.map(({ id, kind, staleAfterMs }) => ({
      kind,
      worth: judge(store.get(id), staleAfterMs, now),
    }))
    const facts = {
      link: device.link.state,
      gatewayConnected: device.gatewayConnected,
      removed: device.removedAt !== undefined,
    }
    const { state, count, of } = deviceState(facts, worths)
    return `${state} ${count} ${of}`
  })
  const [state, count, of] = text.split(' ')
  return { state: state as DeviceState['state'], count: Number(count), of: Number(of) }
}

/** How long ago the newest sample of any of the points was measured, in words by `say`. */
export function useNewestAge(points: readonly Point[], say: (ms: number | undefined) => string): string {
  const { store } = useLive()
  return useEverySecond((now) => {
    let newest: number | undefined
    for (const { id } of points) {
      const at = store.get(id)?.t
      if (at !== undefined && (newest === undefined || at > newest)) newest = at
    }
    return say(newest === undefined ? undefined : now - newest)
  })
}
