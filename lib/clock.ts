/** Time as a dependency, so that tests can move it by hand (`lib/fake-clock.ts`). */
export interface Clock {
  /** Wall clock, ms since the Unix epoch. May jump when the system clock is set. */
  now(): number
  /** Never goes back. ms since an arbitrary start; use it to measure durations and delays. */
  monotonic(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(finish, ms)
      signal?.addEventListener('abort', finish, { once: true })
      function finish(): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
    }),
}
