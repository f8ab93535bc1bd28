import type { DataClass } from '#contract/data-classes.ts'

/** Without their words: the first page that is opened loads this, whichever it is. */
const classes: Readonly<Record<DataClass, true>> = {
  public: true,
  internal: true,
  sensitive: true,
  personal: true,
}

export type DataSearch = {
  q?: string
  device?: string
  dataClass?: DataClass
  conflict?: true
  after?: string
}

/** The filters of the data catalogue, as they stand in the address. */
export function dataSearch({ q, device, dataClass, conflict, after }: Record<string, unknown>): DataSearch {
  const text = typeof q === 'string' || typeof q === 'number' ? String(q).trim().slice(0, 100) : ''
  return {
    ...(text === '' ? {} : { q: text }),
    ...(typeof device === 'string' && /^[a-z0-9-]{2,63}\/[a-z0-9-]{2,63}$/.test(device) ? { device } : {}),
    ...(typeof dataClass === 'string' && Object.hasOwn(classes, dataClass)
      ? { dataClass: dataClass as DataClass }
      : {}),
    ...(conflict === true ? { conflict } : {}),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
  }
}
