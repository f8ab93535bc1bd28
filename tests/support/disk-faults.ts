import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { findProgram } from './servers.ts'
import { skippedTitle } from './skipped-suite.ts'

/** A disk that is slow or full for one child process, made by a small library in front of libc. */
export type DiskFaults = {
  /** Environment of the child: every fsync takes `fsyncMs` more. */
  env(faults: { fsyncMs?: number; powerCut?: PowerCut }): Record<string, string>
  /** From now on the child finds no room. */
  fill(): void
  empty(): void
}

/** `survives` gets what a power cut leaves of the files in the folder `of`: what was synced. */
export type PowerCut = { readonly of: string; readonly survives: string }

/** Compiles the library into `folder`. Throws when there is no C compiler. */
export function diskFaults(folder: string): DiskFaults {
  const library = join(folder, 'disk-faults.so')
  const flag = join(folder, 'disk-is-full')
  const source = new URL('disk-faults.c', import.meta.url).pathname
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  return {
    env: ({ fsyncMs = 0, powerCut }) => ({
      LD_PRELOAD: library,
      DISK_FSYNC_MS: String(fsyncMs),
      DISK_FULL_WHEN: flag,
      ...(powerCut === undefined ? {} : { DISK_OF: powerCut.of, DISK_SURVIVES: powerCut.survives }),
    }),
    fill: () => writeFileSync(flag, ''),
    empty: () => rmSync(flag, { force: true }),
  }
}

/** A `describe` for tests with a broken disk: skipped by name without a C compiler on Linux, unless servers are required. */
export function describeWithDiskFaults(title: string, tests: () => void): void {
  const isPossible = process.platform === 'linux' && findProgram('cc') !== undefined
  if (isPossible || process.env.CAMPUS_REQUIRE_SERVERS === '1') describe(title, tests)
  else describe.skip(skippedTitle(title, 'needs Linux and cc'), tests)
}
