import { stringify } from 'yaml'

/** A value of a configuration as it would stand in the file. Pure. */
export function textOfValue(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? stringify(value, { lineWidth: 60 }).trimEnd()
    : String(value)
}
