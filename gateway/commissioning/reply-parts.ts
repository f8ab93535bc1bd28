import type { ReplyBody } from '#contract/request.ts'

/** Below the limit of a reply, with room for its head. */
const maxPartBytes = 128 * 1024

/** One answer as bodies that each fit a message; a list too long for one is cut between its entries. Pure. */
export function partsOf(body: ReplyBody): ReplyBody[] {
  switch (body.kind) {
    case 'profiles':
      return portions(body.profiles).map((profiles) => ({ ...body, profiles }))
    case 'buses':
      return portions(body.buses).map((buses) => ({ ...body, buses }))
    case 'proposals':
      return portions(body.proposals).map((proposals) => ({ ...body, proposals }))
    case 'probe':
      return portions(body.points).map((points) => ({ ...body, points }))
    case 'scan':
    case 'cancel':
    case 'device':
    case 'device-errors':
      return [body]
  }
}

/** At least one portion, even of nothing. */
function portions<T>(list: readonly T[]): T[][] {
  const all: T[][] = [[]]
  let bytes = 0
  for (const one of list) {
    const size = Buffer.byteLength(JSON.stringify(one))
    if (bytes > 0 && bytes + size > maxPartBytes) {
      all.push([])
      bytes = 0
    }
    all.at(-1)?.push(one)
    bytes += size
  }
  return all
}
