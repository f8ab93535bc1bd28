import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { compileLibrary } from './disk-faults.ts'

/** A wall clock that is wrong for one child process, made by a small library in front of libc. */
export type ClockFaults = Disposable & {
  /** Environment of the child. */
  readonly env: Record<string, string>
  /** From now on the child's wall clock is this much ahead; 0 puts it right. */
  ahead(ms: number): void
}

/** Compiles the library into `folder`. Throws when there is no C compiler. */
export function clockFaults(folder: string): ClockFaults {
  const library = compileLibrary('clock-faults', folder)
  const offset = join(folder, 'clock-offset')
  const file = openSync(offset, 'w')
  const ahead = (ms: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(Math.round(ms * 1e6)))
    writeSync(file, bytes, 0, 8, 0)
  }
  ahead(0)
  return {
    env: { LD_PRELOAD: library, CLOCK_OFFSET_FILE: offset },
    ahead,
    [Symbol.dispose]: () => closeSync(file),
  }
}
