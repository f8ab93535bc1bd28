export type DevicesSearch = { gateway?: string; q?: string; after?: string }

/** The filters of the list, as they stand in the address: a link opens the same view. */
export function devicesSearch({ gateway, q, after }: Record<string, unknown>): DevicesSearch {
  return {
    ...(typeof gateway === 'string' && /^[a-z0-9][a-z0-9-]{1,62}$/.test(gateway) ? { gateway } : {}),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
    ...(typeof q === 'string' || typeof q === 'number' ? textFilter(String(q)) : {}),
  }
}

function textFilter(text: string): DevicesSearch {
  const q = text.trim().slice(0, 100)
  return q === '' ? {} : { q }
}
