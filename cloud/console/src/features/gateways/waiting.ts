import type { GatewayStatus } from '#contract/api/gateways.ts'
import { numberText } from '../../format/number.ts'

/** Everything that waits on the gateway, over all lanes. */
export function waitingSamples({ backlog }: GatewayStatus): number {
  return backlog.reduce((sum, { samples }) => sum + samples, 0)
}

/** How many hours an outage can last, in tenths where they matter: 0.4 hours are not 0. */
export function autonomyHoursText(autonomyH: number, locale: string): string {
  return numberText(autonomyH, locale, autonomyH < 10 ? 1 : 0)
}
