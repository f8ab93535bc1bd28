import { type DeliveryState, deliveryStates } from '#contract/notice.ts'

export type LogSearch = { state?: DeliveryState; mine?: true; after?: string }

/** The filters of the delivery log, as they stand in the address. */
export function logSearch({ state, mine, after }: Record<string, unknown>): LogSearch {
  const known = deliveryStates.find((one) => one === state)
  return {
    ...(known === undefined ? {} : { state: known }),
    ...(mine === true ? { mine } : {}),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
  }
}
