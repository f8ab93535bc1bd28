import type { ConnectPacket } from 'aedes'
import { decodeState } from '#contract/messages.ts'

/** One connection, as far as it takes to tell a gateway that comes back from a second one with the same identity. */
export type Peer = {
  readonly remote: string
  /** The run of the gateway's process; absent where the client does not say, and then it is trusted. */
  instance: string | undefined
  keepAliveMs: number
  /** Monotonic time of the last bytes that came in. */
  heardAt: number
  /** When another run was first turned away because of this one. */
  challengedAt: number | undefined
}

/**
 * `admit`: nobody is there, it is the same run, or the one that is there is silent. `refuse`: it spoke a moment ago, and may
 * be dead all the same. `twin`: it spoke after another run had been turned away, so both are alive.
 */
export type Verdict = 'admit' | 'refuse' | 'twin'

/**
 * Whether a newcomer may have the session of its gateway. A live gateway pings twice per keep-alive, so one that said
 * nothing for a whole one is cut off or gone: a gateway that was restarted behind a silent cut waits no longer than
 * that. Pure.
 */
export function judgeNewcomer(holder: Peer | undefined, instance: string | undefined, now: number): Verdict {
  if (holder?.instance === undefined || instance === undefined || holder.instance === instance) return 'admit'
  if (now - holder.heardAt > holder.keepAliveMs) return 'admit'
  return holder.challengedAt !== undefined && holder.heardAt > holder.challengedAt ? 'twin' : 'refuse'
}

/** The will says which run of the gateway's process this is, before anything else is sent. */
export function instanceOf({ will }: ConnectPacket): string | undefined {
  if (will === undefined) return undefined
  const decoded = decodeState(Buffer.from(will.payload))
  if (!decoded.ok || decoded.value.kind !== 'death') return undefined
  const { startedAt, epoch } = decoded.value
  return `${startedAt}/${epoch ?? ''}`
}
