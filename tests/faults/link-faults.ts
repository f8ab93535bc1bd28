/** What can happen between gateway and cloud, down to single messages. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Meddling } from '../support/mqtt-proxy.ts'
import type { Direction, TcpProxy } from '../support/tcp-proxy.ts'
import type { Fault, Scene } from './fault.ts'

/** A message may come again this much later, and be overtaken by all that come within the other time. */
const againMs = 1_500
const overtakenMs = 800
/** Both times that the way changes, the gateway connects anew. */
const divertMs = 1_500

const isBatch = (channel: string) => ['up/live', 'up/backfill', 'up/events'].includes(channel)
const isAck = (channel: string) => channel === 'down/ack'

export const linkFaults = {
  'link drops everything silently': { touches: ['link'], play: cutting() },
  'what the gateway sends is lost': { touches: ['link'], play: cutting('up') },
  'acknowledgements are lost': { touches: ['link'], play: cutting('down') },
  'link resets every connection': {
    touches: ['link'],
    async play({ link }, ms) {
      const until = performance.now() + ms
      while (performance.now() < until) {
        link.reset()
        await sleep(Math.min(700, ms))
      }
      return {}
    },
  },
  'link is slow and jitters by 500 ms': {
    touches: ['link'],
    play: ({ link }, ms) =>
      during(
        ms,
        () => link.delay(50, 500),
        () => link.delay(0),
      ),
  },
  'link loses 30 %': {
    touches: ['link'],
    play: ({ link }, ms) =>
      during(
        ms,
        () => link.lose(0.3),
        () => link.lose(0),
      ),
  },
  'gateway believes in a dead connection': { touches: ['link'], play: halfOpen('down') },
  'cloud believes in a dead connection': { touches: ['link'], play: halfOpen('up') },
  'batches come twice': { touches: ['link'], takesMs: divertMs, play: meddling(twice(isBatch)) },
  'batches overtake each other': { touches: ['link'], takesMs: divertMs, play: meddling(late(isBatch)) },
  'acknowledgements come twice': { touches: ['link'], takesMs: divertMs, play: meddling(twice(isAck)) },
  'acknowledgements overtake each other': {
    touches: ['link'],
    takesMs: divertMs,
    play: meddling(late(isAck)),
  },
} as const satisfies Record<string, Fault>

async function during(ms: number, begin: () => void, end: () => void): Promise<Record<string, never>> {
  begin()
  await sleep(ms)
  end()
  return {}
}

function cutting(direction?: Direction): Fault['play'] {
  return ({ link }, ms) =>
    during(
      ms,
      () => link.cut(direction),
      () => link.heal(),
    )
}

/** New connections work: whoever notices is back at once. */
function halfOpen(gone: Direction): Fault['play'] {
  return ({ link }, ms) =>
    during(
      ms,
      () => link.halfOpen(gone),
      () => undefined,
    )
}

/** The way leads through somebody who reads MQTT, for as long as it takes to do something to some messages. */
function meddling(with_: Meddling): Fault['play'] {
  return async ({ link, reader, campus }: Scene, ms) => {
    const before = reader.meddled
    reader.meddle(with_)
    divert(link, reader.port)
    const until = performance.now() + ms
    const patience = until + 15_000
    while (performance.now() < until || (reader.meddled === before && performance.now() < patience))
      await sleep(100)
    const found = reader.meddled - before
    reader.meddle(undefined)
    divert(link)
    if (found > 0 || !campus.gateway.program.isRunning) return {}
    return { findings: ['no message passed the reader: the fault was not played'] }
  }
}

function divert(link: TcpProxy, port?: number): void {
  link.divert(port)
  link.reset()
}

/** Half of the second copies come at once, so that the first is still being stored. */
function twice(concerns: (channel: string) => boolean): Meddling {
  return (channel) => (concerns(channel) ? [0, Math.max(0, Math.random() - 0.5) * 2 * againMs] : [0])
}

function late(concerns: (channel: string) => boolean): Meddling {
  return (channel) => [concerns(channel) ? Math.random() * overtakenMs : 0]
}
