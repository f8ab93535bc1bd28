import { useCallback, useEffect, useSyncExternalStore } from 'react'
import type { Connection } from './connection.ts'
import { useLive } from './live-context.tsx'
import type { LiveSample } from './live-store.ts'

/** The newest sample of one point. The component hears of this point and of no other. */
export function usePoint(point: string): LiveSample | undefined {
  const { store } = useLive()
  return useSyncExternalStore(
    useCallback((changed: () => void) => store.subscribe(point, changed), [store, point]),
    () => store.get(point),
  )
}

/** Keeps `topics` subscribed while the component is on screen. */
export function useTopics(topics: readonly string[]): void {
  const { socket } = useLive()
  const key = topics.join('\n')
  useEffect(() => socket.want(key === '' ? [] : key.split('\n')), [socket, key])
}

export function useConnection(): Connection {
  const { socket } = useLive()
  return useSyncExternalStore(
    useCallback((changed: () => void) => socket.onConnection(changed), [socket]),
    () => socket.connection,
  )
}

/**
 * Something that depends on the time, computed once a second. The component renders only when the outcome changes, so
 * `compute` should return a text or a number.
 */
export function useEverySecond<T extends string | number | boolean>(compute: (now: number) => T): T {
  const { clock } = useLive()
  return useSyncExternalStore(
    useCallback((ticked: () => void) => clock.subscribe(ticked), [clock]),
    () => compute(clock.ticked()),
  )
}
