/** What came of reading foreign bytes. `reason` names what was wrong and where. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

export function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
