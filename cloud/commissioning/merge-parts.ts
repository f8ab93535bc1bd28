import type { ReplyBody } from '#contract/request.ts'

/** The lists of all parts together, and the newest of everything else. Pure. */
export function merged(parts: readonly ReplyBody[]): ReplyBody {
  const last = parts.at(-1)
  if (last === undefined) throw new Error('an answer has a part')
  const lists = <K extends ReplyBody['kind']>(kind: K) =>
    parts.filter((one): one is Extract<ReplyBody, { kind: K }> => one.kind === kind)
  switch (last.kind) {
    case 'profiles':
      return { ...last, profiles: lists('profiles').flatMap(({ profiles }) => profiles) }
    case 'buses':
      return { ...last, buses: lists('buses').flatMap(({ buses }) => buses) }
    case 'proposals':
      return { ...last, proposals: lists('proposals').flatMap(({ proposals }) => proposals) }
    case 'probe':
      return { ...last, points: lists('probe').flatMap(({ points }) => points) }
    case 'scan':
      return { ...last, units: lists('scan').flatMap(({ units }) => units) }
    case 'cancel':
    case 'device':
    case 'device-errors':
      return last
  }
}
