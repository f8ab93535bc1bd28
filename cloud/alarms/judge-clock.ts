/**
 * Whether the clock of a gateway counts as wrong: from more than the limit on, and until it is right to half of it, so that
 * a clock at the limit does not raise an alarm with every message. Pure.
 */
export function judgeClock(offsetMs: number, limitMs: number, wasWrong: boolean): boolean {
  return Math.abs(offsetMs) > (wasWrong ? limitMs / 2 : limitMs)
}
