import type { GatewayStatus } from '#contract/api/gateways.ts'

/** Everything that waits on the gateway, over all lanes. */
export function waitingSamples({ backlog }: GatewayStatus): number {
  return backlog.reduce((sum, { samples }) => sum + samples, 0)
}
