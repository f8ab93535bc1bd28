import type { NewDanger } from '#contract/api/dangers.ts'

/** What is typed stays on this device until it has arrived: in a cellar there is often no connection. */
export type Draft = Pick<NewDanger, 'node' | 'title' | 'category' | 'key'> & { readonly description: string }

const place = 'console.danger-draft'

export function newDraft(): Draft {
  return { node: '', title: '', description: '', category: 'fire', key: crypto.randomUUID() }
}

export function keptDraft(): Draft | undefined {
  try {
    const draft = JSON.parse(localStorage.getItem(place) ?? 'null') as Partial<Draft> | null
    return typeof draft?.key === 'string' ? { ...newDraft(), ...draft } : undefined
  } catch {
    return undefined // somebody else's words under this name
  }
}

export function keepDraft(draft: Draft | undefined): void {
  try {
    if (draft === undefined) localStorage.removeItem(place)
    else localStorage.setItem(place, JSON.stringify(draft))
  } catch {
    // A browser that keeps nothing: the page itself still has it.
  }
}
