import { readdirSync, readFileSync } from 'node:fs'

/** Every process that descends from `pid`, whatever process group it put itself in. Linux only. */
export function descendantsOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const child = Number(name)
    const parent = Number.isInteger(child) ? parentOf(child) : undefined
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), child])
  }
  const found: number[] = []
  collect(pid)
  return found

  function collect(parent: number): void {
    for (const child of children.get(parent) ?? []) {
      found.push(child)
      collect(child)
    }
  }
}

/** A zombie has ended: it only waits to be counted. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0]
  return state !== undefined && state !== 'Z'
}

function parentOf(pid: number): number | undefined {
  const parent = Number(statOf(pid)?.[1])
  return Number.isInteger(parent) ? parent : undefined
}

/** State and parent; the name before them may hold anything, blanks and brackets too. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
