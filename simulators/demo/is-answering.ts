import { systemClock } from '#lib/clock.ts'

/** True as soon as the address answers with 200; false when it does not in time or when nobody waits any more. */
export async function isAnswering(
  url: string,
  { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const deadline = performance.now() + withinMs
  while (!signal.aborted && performance.now() < deadline) {
    if (await answersNow(url)) return true
    await systemClock.sleep(200, signal)
  }
  return false
}

async function answersNow(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
