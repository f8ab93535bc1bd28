import type { QueryClient } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { LiveEvent, PointUpdate } from '#contract/api/live.ts'
import { FrameBatch } from './frame-batch.ts'
import { LiveSocket } from './live-socket.ts'
import { LiveStore } from './live-store.ts'
import { mergeEvent } from './merge-event.ts'
import { ServerClock } from './server-clock.ts'

export type Live = { readonly socket: LiveSocket; readonly store: LiveStore; readonly clock: ServerClock }

export const LiveContext = createContext<Live | null>(null)

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (live === null) throw new Error('useLive needs a LiveContext')
  return live
}

function openSocket(since: number | undefined): WebSocket {
  const url = new URL('/api/v1/live', window.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  if (since !== undefined) url.searchParams.set('since', String(since))
  return new WebSocket(url)
}

/** Everything live of this tab, built once and not yet started. */
export function createLive(queries: QueryClient, onSignedOut: () => void): Live {
  const store = new LiveStore()
  const clock = new ServerClock()
  const batch = new FrameBatch<LiveEvent>((events) => {
    store.apply(events.filter(isPoint).map(({ data }) => data))
    for (const event of events) mergeEvent(queries, event)
  })
  const socket = new LiveSocket({
    open: openSocket,
    onEvent: (event) => batch.push(event),
    onResync: () => {
      batch.drop()
      void queries.invalidateQueries() // each query shows its own failure
    },
    onSignedOut,
    onServerTime: (now) => clock.set(now),
  })
  return { socket, store, clock }
}

function isPoint(event: LiveEvent): event is LiveEvent & { data: PointUpdate } {
  return event.topic.startsWith('points:')
}
