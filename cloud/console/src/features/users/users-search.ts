export type UsersSearch = { q?: string; after?: string; edit?: string }

/** The list's filter and the account that is open, as they stand in the address. `edit=new` is one to be added. */
export function usersSearch({ q, after, edit }: Record<string, unknown>): UsersSearch {
  const wanted = typeof q === 'string' || typeof q === 'number' ? String(q).trim().slice(0, 100) : ''
  return {
    ...(wanted === '' ? {} : { q: wanted }),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
    ...(typeof edit === 'string' && /^[\w-]{1,100}$/.test(edit) ? { edit } : {}),
  }
}
