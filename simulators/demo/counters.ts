import type { Device } from '#gateway/profiles/device.ts'
import type { SimHint } from '#gateway/profiles/sim-hints.ts'

type Hints = ReadonlyMap<string, SimHint>

const countingSince = Date.UTC(2024, 8, 1)
const hourMs = 3_600_000

/**
 * Where the counters of a device begin: higher than any earlier start of the demo can have left them, because they are taken
 * to have run at their highest since a day long ago. Pure.
 */
export function counterStarts(
  device: Device,
  signals: Readonly<Record<string, SimHint>>,
  now: number,
): Record<string, SimHint> {
  const hints: Hints = new Map(
    device.points.flatMap(({ id, sim }) => {
      const hint = signals[id] ?? sim
      return hint === undefined ? [] : [[id, hint] as const]
    }),
  )
  const hours = (now - countingSince) / hourMs
  const starts: Record<string, SimHint> = {}
  for (const [id, hint] of hints) {
    if (hint.gen !== 'integrate') continue
    const start = Math.round(highest(hints, hint.of) * (hint.mul ?? 1) * hours)
    starts[id] = { ...hint, start }
  }
  return starts
}

/** More than the point ever is. */
function highest(hints: Hints, point: string, depth = 0): number {
  const hint = hints.get(point)
  if (hint === undefined || depth > 5) return 0
  switch (hint.gen) {
    case 'const':
      return Number(hint.value)
    case 'day':
      return hint.peak * (1 + 3 * (hint.noise ?? 0))
    case 'gauss':
    case 'walk':
      return hint.mean + 5 * hint.sd
    case 'sum':
      return hint.of.reduce((total, one) => total + highest(hints, one, depth + 1), 0)
    case 'copy':
      return highest(hints, hint.of, depth + 1)
    default:
      return 0
  }
}
