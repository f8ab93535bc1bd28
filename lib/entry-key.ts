import { canonicalJson } from './canonical-json.ts'

/** Names one entry of a list, or one field, by what it says: positions move when something is left out. Pure. */
export function entryKey(section: string, entry: unknown): string {
  return `${section} ${canonicalJson(entry)}`
}
