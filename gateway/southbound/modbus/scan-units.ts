import { AppError } from '#contract/errors.ts'
import type { Bus } from './bus.ts'
import { refusalCode } from './modbus-errors.ts'

export type ScanRange = {
  readonly first: number
  readonly last: number
  /** How long to wait for each; a device that is there mostly answers sooner. */
  readonly timeoutMs?: number
}
export type ScannedUnit = {
  readonly unit: number
  readonly answered: boolean
  /** What it said. */
  readonly text?: string
}
type ScanOptions = { readonly signal: AbortSignal; readonly onProgress: (scanned: ScannedUnit) => void }

const defaultTimeoutMs = 300
/** Any answer will do, a refusal too: that of the one function nearly every device has. */
const question = { table: 'holding', addr: 0, count: 1 } as const

/** Asks each unit number once, in the order of the polls that go on meanwhile. Changes nothing at any device. */
export async function scanUnits(
  bus: Bus,
  range: ScanRange,
  { signal, onProgress }: ScanOptions,
): Promise<ScannedUnit[]> {
  const found: ScannedUnit[] = []
  for (let unit = range.first; unit <= range.last && !signal.aborted; unit++) {
    const scanned = await ask(bus, unit, range.timeoutMs ?? defaultTimeoutMs)
    found.push(scanned)
    onProgress(scanned)
  }
  return found
}

async function ask(bus: Bus, unit: number, timeoutMs: number): Promise<ScannedUnit> {
  const timing = { timeoutMs, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 }
  try {
    const answer = await bus.read({ unit, timing }, question, { mayBeAbsent: true })
    return { unit, answered: true, text: `holding 0 = ${answer.readUInt16BE(0)}` }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'LINK_DOWN') throw error
    if (error.code === 'DEVICE_TIMEOUT') return { unit, answered: false }
    const exception = refusalCode(error)
    const text = exception === undefined ? 'a malformed answer' : `exception ${exception}`
    return { unit, answered: true, text }
  }
}
