export type AddDeviceSearch = { readonly gateway?: string }

/** What of the address the page understands. */
export function addDeviceSearch(search: Record<string, unknown>): AddDeviceSearch {
  const { gateway } = search
  return typeof gateway === 'string' && gateway !== '' ? { gateway } : {}
}
