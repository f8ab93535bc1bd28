import type { Group } from './arrange-series.ts'

/** So many steps are looked at: enough to see a period, and the cost stays the same for any batch. */
const looked = 48

/**
 * The period in ms in which the devices of a group report, or 0 where the steps between their ticks have none worth
 * telling. Devices skip turns (deadband) and jitter, so a step is a small multiple of the period and a rest.
 */
export function estimatePeriod(ticks: Float64Array, tickStart: Uint32Array, group: Group): number {
  const steps = someSteps(ticks, tickStart, group)
  if (steps.length < 2) return 0
  let best = 0
  let bestBits = bitsOfAll(steps, 0)
  for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const guess = steps[Math.floor(steps.length * part)] ?? 0
    const period = guess < 50 ? 0 : refine(steps, guess)
    const bits = period === 0 ? bestBits : bitsOfAll(steps, period)
    if (bits < bestBits) {
      best = period
      bestBits = bits
    }
  }
  return best
}

function someSteps(ticks: Float64Array, tickStart: Uint32Array, group: Group): Float64Array {
  const from = tickStart[group.firstDevice] as number
  const to = tickStart[group.firstDevice + group.devices.length] as number
  const isFirst = new Set(tickStart.subarray(group.firstDevice, group.firstDevice + group.devices.length))
  const steps: number[] = []
  const stride = Math.max(1, Math.ceil((to - from) / looked))
  // An odd stride does not fall into step with devices that tick twice a turn.
  for (let i = from + 1; i < to; i += stride | 1) {
    if (!isFirst.has(i)) steps.push((ticks[i] as number) - (ticks[i - 1] as number))
  }
  return Float64Array.from(steps).sort()
}

/** The mean of the steps that are one period long, give or take a quarter. */
function refine(steps: Float64Array, guess: number): number {
  let sum = 0
  let count = 0
  for (const step of steps) {
    if (Math.abs(step - guess) > guess / 4) continue
    sum += step
    count++
  }
  return Math.round(sum / count)
}

/** About what the steps cost with this period. */
function bitsOfAll(steps: Float64Array, period: number): number {
  let bits = 0
  for (const step of steps) {
    const periods = period === 0 ? 0 : Math.round(step / period)
    bits +=
      Math.log2(1 + 2 * Math.abs(step - periods * period)) +
      (period === 0 ? 0 : 2 * Math.log2(1 + periods) + 1)
  }
  return bits
}
