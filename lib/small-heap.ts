import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * For long-running programs on small machines; call it before anything else is loaded. The young generation stays at its
 * first size instead of growing to 48 MB per thread while configuration is read, and the old one is collected after 10 %
 * of growth instead of after it has doubled. Costs a little CPU time, of which such a program uses little.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=10')
}

/** Gives the garbage of the start back to the system, once: V8 alone would keep the memory. Takes some 50 ms. */
export function shrinkHeap(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
