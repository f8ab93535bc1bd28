import type { Sample } from '#contract/sample.ts'
import { takeSamples } from '../campus-mix.ts'

export type FleetLoad = {
  /** Epoch ms: the mix is of some day long ago, and begins now instead. */
  readonly beganAt: number
  readonly batchSamples: number
}

/** What the gateways of a fleet send. Pure: who checks makes the same samples again. */
export function createFleetLoad({
  beganAt,
  batchSamples,
}: FleetLoad): (gateway: number, seq: number) => Sample[] {
  const mix = takeSamples(200_000)
  const first = mix[0]?.t ?? 0
  const spanMs = (mix.at(-1)?.t ?? 0) - first + 1
  return (gateway, seq) => {
    // Each begins at another place of the mix, and no point has the same time twice.
    const from = gateway * 997 + (seq - 1) * batchSamples
    return Array.from({ length: batchSamples }, (_, i) => {
      const sample = mix[(from + i) % mix.length] as Sample
      return { ...sample, t: sample.t - first + beganAt + spanMs * Math.floor((from + i) / mix.length) }
    })
  }
}
