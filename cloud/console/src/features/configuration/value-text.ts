/** A value of a configuration, one line for each of its parts, indented as in the file. Pure. */
export function textOfValue(value: unknown): string {
  return linesOf(value).join('\n')
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.flatMap((one) => {
      const [first = '', ...rest] = linesOf(one)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).flatMap(([key, one]) => {
    const isDeep = typeof one === 'object' && one !== null && Object.keys(one).length > 0
    return isDeep ? [`${key}:`, ...linesOf(one).map((line) => `  ${line}`)] : [`${key}: ${shortText(one)}`]
  })
}

function shortText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
