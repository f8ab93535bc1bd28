export type Ramp = {
  readonly from: number
  readonly to: number
  /** The value may move by at most this much a second. */
  readonly maxPerS: number
  /** Values on the way lie on the device's own grid. */
  readonly grid?: { readonly origin: number; readonly step: number }
}

export type RampStep = {
  readonly value: number
  /** To wait since the step before was written; 0 for the first. */
  readonly waitMs: number
}

/** How often a value on the way is written at most. */
const everyMs = 1_000
/** More than this would write for hours: the value moves in larger, rarer steps instead. */
const maxSteps = 1_000

/** The values on the way from where it is to where it shall be, `to` last, never faster than allowed. Pure. */
export function rampOf({ from, to, maxPerS, grid }: Ramp): RampStep[] {
  const distance = Math.abs(to - from)
  const direction = Math.sign(to - from)
  const perStep = Math.max((maxPerS * everyMs) / 1000, grid?.step ?? 0, distance / maxSteps)
  const values: number[] = []
  for (let k = 1; k * perStep < distance - 1e-9; k++) {
    const value = onGrid(from + direction * k * perStep, direction, grid)
    if (Math.abs(value - (values.at(-1) ?? from)) > 1e-9) values.push(value)
  }
  values.push(to)
  return values.map((value, i) => {
    const before = values[i - 1]
    return { value, waitMs: before === undefined ? 0 : (Math.abs(value - before) / maxPerS) * 1000 }
  })
}

/** The last value of the grid on this side of `value`: never further than allowed. */
function onGrid(value: number, direction: number, grid: Ramp['grid']): number {
  if (grid === undefined) return value
  const steps = (value - grid.origin) / grid.step
  return grid.origin + (direction > 0 ? Math.floor(steps + 1e-9) : Math.ceil(steps - 1e-9)) * grid.step
}
