import { pointKind } from '#contract/point-vocabulary.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'
import type { SimHint } from '#gateway/profiles/sim-hints.ts'
import { parseDuration } from '#lib/quantity.ts'
import type { Generator } from './signals.ts'

export type RestingPoint = Pick<ResolvedPoint, 'id' | 'kind' | 'write'>

/** From the words of a profile to what `signals.ts` works with. A point without a hint stands still. */
export function generatorOf(point: RestingPoint, hint: SimHint | undefined): Generator {
  if (hint === undefined) return { gen: 'const', value: restOf(point) }
  switch (hint.gen) {
    case 'day':
      return {
        gen: 'day',
        base: hint.base,
        peak: hint.peak,
        openMin: minutes(hint.open),
        closeMin: minutes(hint.close),
        noise: hint.noise ?? 0,
        weekend: hint.weekend ?? 1,
      }
    case 'ratio':
      return { gen: 'ratio', of: hint.of, by: hint.by, mul: hint.mul ?? 1 }
    case 'integrate':
      return { gen: 'integrate', of: hint.of, mul: hint.mul ?? 1, start: hint.start ?? 0 }
    case 'follow':
      return {
        gen: 'follow',
        start: restOf(point),
        delayMs: parseDuration(hint.delay),
        ...(hint.ramp === undefined ? {} : { rampPerS: hint.ramp }),
      }
    case 'poisson':
      return {
        gen: 'poisson',
        perDay: hint.per_day,
        holdMs: hint.hold === undefined ? 1000 : parseDuration(hint.hold),
      }
    case 'battery':
      return { gen: 'battery', lifeDays: hint.life_days }
    case 'const':
    case 'gauss':
    case 'walk':
    case 'sun':
    case 'sum':
    case 'copy':
    case 'markov':
      return hint
  }
}

function restOf({ id, kind, write }: RestingPoint): boolean | number | string {
  switch (kind) {
    case 'bool':
      return false
    case 'num':
    case 'counter': {
      // A colour temperature of 0 K, say, is none.
      const [lowest = 0] = pointKind(id)?.valid ?? []
      return lowest <= 0 ? 0 : (write?.range?.min ?? lowest)
    }
    case 'enum':
    case 'text':
    case 'event':
      return ''
  }
}

/** `"07:30"` is 450. */
function minutes(clockTime: string): number {
  const [hours = 0, minutes = 0] = clockTime.split(':').map(Number)
  return hours * 60 + minutes
}
