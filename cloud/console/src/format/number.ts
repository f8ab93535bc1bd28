const formats = new Map<string, Intl.NumberFormat>()

function format(locale: string, digits: number): Intl.NumberFormat {
  const key = `${locale} ${digits}`
  let found = formats.get(key)
  if (found === undefined) {
    found = new Intl.NumberFormat(locale, { maximumFractionDigits: digits })
    formats.set(key, found)
  }
  return found
}

/** As many decimals as say something: a voltage of 229.73, a current of 0.042, a counter of 12,345.6. */
export function decimalsFor(value: number): number {
  const size = Math.abs(value)
  if (size >= 10_000) return 1
  if (size >= 1) return 2
  return 3
}

export function numberText(value: number, locale: string, digits = decimalsFor(value)): string {
  // A reading of −0.0001 must not be shown as “-0”.
  const rounded = Number(value.toFixed(digits))
  return format(locale, digits).format(rounded === 0 ? 0 : rounded)
}

export function countText(value: number, locale: string): string {
  return format(locale, 0).format(value)
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `512 MB` */
export function bytesText(bytes: number, locale: string): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < byteUnits.length - 1) {
    value /= 1000
    unit++
  }
  return `${format(locale, value >= 100 || unit === 0 ? 0 : 1).format(value)} ${byteUnits[unit]}`
}
