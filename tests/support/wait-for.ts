import { setTimeout as sleep } from 'node:timers/promises'

export type WaitOptions = { readonly timeoutMs?: number; readonly everyMs?: number }

/**
 * Calls `attempt` until it does not throw, and gives its result. At the deadline the last reason is thrown: an
 * assertion inside says what was seen.
 */
export async function waitFor<T>(attempt: () => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
  const { timeoutMs = 15_000, everyMs = 100 } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() >= deadline) throw error
    }
    await sleep(everyMs)
  }
}
