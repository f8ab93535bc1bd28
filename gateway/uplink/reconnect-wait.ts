import { backoffMs } from '#lib/backoff.ts'
import { SilentLink } from './silent-link.ts'
import type { UplinkSettings } from './uplink-config.ts'

/** No packet reached a working cloud: trying often loads nobody, and finds the link as soon as it is back. */
const unreachableCodes = new Set([
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
])
const unreachableMaxMs = 500

/**
 * How long to wait after `attempts` failures in a row. Doubles where somebody answered (a fleet must not sink the cloud
 * that it has just lost), stays short where nobody did. Pure but for the jitter.
 */
export function reconnectWaitMs(
  reason: Error,
  attempts: number,
  { reconnect }: Pick<UplinkSettings, 'reconnect'>,
  random?: () => number,
): number {
  const { code } = reason as { code?: unknown }
  const isUnreachable =
    reason instanceof SilentLink || (typeof code === 'string' && unreachableCodes.has(code))
  const maxMs = isUnreachable ? Math.min(unreachableMaxMs, reconnect.maxMs) : reconnect.maxMs
  return backoffMs(Math.max(0, attempts - 1), { firstMs: reconnect.firstMs, maxMs }, random)
}
