/** The UCUM units of the point vocabulary and those that devices use instead: how they are shown and converted. */

type Unit = {
  /** Units of one quantity convert into each other. */
  readonly quantity: string
  /** What people read. */
  readonly symbol: string
  /** The quantity's base unit is value × mul ÷ div + add. Whole numbers, so that decimal readings stay exact. */
  readonly mul?: number
  readonly div?: number
  readonly add?: number
}

export const units: Readonly<Record<string, Unit>> = {
  '1': { quantity: 'ratio', symbol: '' },
  '%': { quantity: 'ratio', symbol: '%', div: 100 },

  V: { quantity: 'voltage', symbol: 'V' },
  mV: { quantity: 'voltage', symbol: 'mV', div: 1000 },
  kV: { quantity: 'voltage', symbol: 'kV', mul: 1000 },
  A: { quantity: 'current', symbol: 'A' },
  mA: { quantity: 'current', symbol: 'mA', div: 1000 },
  kA: { quantity: 'current', symbol: 'kA', mul: 1000 },
  W: { quantity: 'active power', symbol: 'W' },
  kW: { quantity: 'active power', symbol: 'kW', mul: 1000 },
  MW: { quantity: 'active power', symbol: 'MW', mul: 1_000_000 },
  'V.A': { quantity: 'apparent power', symbol: 'VA' },
  'MV.A': { quantity: 'apparent power', symbol: 'MVA', mul: 1_000_000 },
  'kV.A': { quantity: 'apparent power', symbol: 'kVA', mul: 1000 },
  'V.A{reactive}': { quantity: 'reactive power', symbol: 'var' },
  'MV.A{reactive}': { quantity: 'reactive power', symbol: 'Mvar', mul: 1_000_000 },
  'kV.A{reactive}': { quantity: 'reactive power', symbol: 'kvar', mul: 1000 },
  'kW.h': { quantity: 'active energy', symbol: 'kWh' },
  'W.h': { quantity: 'active energy', symbol: 'Wh', div: 1000 },
  'W.min': { quantity: 'active energy', symbol: 'W·min', div: 60_000 },
  'kV.A.h': { quantity: 'apparent energy', symbol: 'kVAh' },
  'V.A.h': { quantity: 'apparent energy', symbol: 'VAh', div: 1000 },
  'MW.h': { quantity: 'active energy', symbol: 'MWh', mul: 1000 },
  'kV.A.h{reactive}': { quantity: 'reactive energy', symbol: 'kvarh' },
  'MV.A.h{reactive}': { quantity: 'reactive energy', symbol: 'Mvarh', mul: 1000 },
  'V.A.h{reactive}': { quantity: 'reactive energy', symbol: 'varh', div: 1000 },
  Hz: { quantity: 'frequency', symbol: 'Hz' },
  mHz: { quantity: 'frequency', symbol: 'mHz', div: 1000 },

  Cel: { quantity: 'temperature', symbol: '°C' },
  K: { quantity: 'temperature', symbol: 'K', add: -273.15 },
  '[degF]': { quantity: 'temperature', symbol: '°F', mul: 5, div: 9, add: -160 / 9 },
  '[ppm]': { quantity: 'fraction of a gas', symbol: 'ppm' },
  '[ppb]': { quantity: 'fraction of a gas', symbol: 'ppb', div: 1000 },
  'ug/m3': { quantity: 'concentration', symbol: 'µg/m³' },
  'mg/m3': { quantity: 'concentration', symbol: 'mg/m³', mul: 1000 },
  kPa: { quantity: 'pressure', symbol: 'kPa' },
  MPa: { quantity: 'pressure', symbol: 'MPa', mul: 1000 },
  hPa: { quantity: 'pressure', symbol: 'hPa', div: 10 },
  mbar: { quantity: 'pressure', symbol: 'mbar', div: 10 },
  bar: { quantity: 'pressure', symbol: 'bar', mul: 100 },
  Pa: { quantity: 'pressure', symbol: 'Pa', div: 1000 },
  lx: { quantity: 'illuminance', symbol: 'lx' },
  klx: { quantity: 'illuminance', symbol: 'klx', mul: 1000 },
  'dB[SPL]{A}': { quantity: 'noise', symbol: 'dB(A)' },

  m3: { quantity: 'volume', symbol: 'm³' },
  L: { quantity: 'volume', symbol: 'L', div: 1000 },
  'm3/h': { quantity: 'flow', symbol: 'm³/h' },
  'L/h': { quantity: 'flow', symbol: 'L/h', div: 1000 },
  'm3/s': { quantity: 'flow', symbol: 'm³/s', mul: 3600 },
  'L/s': { quantity: 'flow', symbol: 'L/s', mul: 3600, div: 1000 },
  'L/min': { quantity: 'flow', symbol: 'L/min', mul: 60, div: 1000 },
  m: { quantity: 'length', symbol: 'm' },
  cm: { quantity: 'length', symbol: 'cm', div: 100 },
  mm: { quantity: 'length', symbol: 'mm', div: 1000 },
  'm/s': { quantity: 'speed', symbol: 'm/s' },
  'km/h': { quantity: 'speed', symbol: 'km/h', mul: 10, div: 36 },
  deg: { quantity: 'angle', symbol: '°' },

  s: { quantity: 'duration', symbol: 's' },
  ms: { quantity: 'duration', symbol: 'ms', div: 1000 },
  d: { quantity: 'duration', symbol: 'd', mul: 86_400 },
  min: { quantity: 'duration', symbol: 'min', mul: 60 },
  h: { quantity: 'duration', symbol: 'h', mul: 3600 },

  '{person}': { quantity: 'people', symbol: '' },
  '{count}': { quantity: 'count', symbol: '' },
  dB: { quantity: 'level', symbol: 'dB' },
  'dB{mW}': { quantity: 'radio power', symbol: 'dBm' },
}

/** Turns a value of one unit into another: value × mul ÷ div + add. */
export type Conversion = { readonly mul: number; readonly div: number; readonly add: number }

/** `undefined` where a unit is unknown or the two measure different things. */
export function conversion(from: string, to: string): Conversion | undefined {
  const a = unitOf(from)
  const b = unitOf(to)
  if (a === undefined || b === undefined || a.quantity !== b.quantity) return undefined
  const { mul: upA = 1, div: downA = 1, add: addA = 0 } = a
  const { mul: upB = 1, div: downB = 1, add: addB = 0 } = b
  const common = commonDivisor(upA * downB, downA * upB)
  return {
    mul: (upA * downB) / common,
    div: (downA * upB) / common,
    add: ((addA - addB) * downB) / upB,
  }
}

export function convert(value: number, { mul, div, add }: Conversion): number {
  return (value * mul) / div + add
}

export function isUnit(unit: string): boolean {
  return unitOf(unit) !== undefined
}

/** What people read after the number; a unit that is not in the table is shown as it is. */
export function unitSymbol(unit: string): string {
  return unitOf(unit)?.symbol ?? unit
}

function unitOf(unit: string): Unit | undefined {
  return Object.hasOwn(units, unit) ? units[unit] : undefined
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}
