import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { constants as osConstants } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { findProgram } from './servers.ts'
import { skippedTitle } from './skipped-suite.ts'

/** A disk that misbehaves for one child process, made by a small library in front of libc. */
export type DiskFaults = {
  /** Environment of the child. */
  readonly env: Record<string, string>
  /** From now on every fsync takes this much longer. */
  slow(fsyncMs: number): void
  /** From now on no write succeeds: there is no room, or the file system was remounted read-only after an error. */
  refuse(reason: 'ENOSPC' | 'EROFS'): void
  heal(): void
}

/** `survives` gets what a power cut leaves of the files in the folder `of`: what was synced. */
export type PowerCut = { readonly of: string; readonly survives: string }

/** Compiles the library into `folder`. Throws when there is no C compiler. */
export function diskFaults(folder: string, powerCut?: PowerCut): DiskFaults {
  const library = compileLibrary('disk-faults', folder)
  const [slowWhen, refusesWhen] = [join(folder, 'disk-is-slow'), join(folder, 'disk-refuses')] as const
  return {
    env: {
      LD_PRELOAD: library,
      DISK_SLOW_WHEN: slowWhen,
      DISK_REFUSES_WHEN: refusesWhen,
      ...(powerCut === undefined ? {} : { DISK_OF: powerCut.of, DISK_SURVIVES: powerCut.survives }),
    },
    slow: (ms) => put(slowWhen, String(ms)),
    refuse: (reason) => put(refusesWhen, String(osConstants.errno[reason])),
    heal() {
      for (const file of [slowWhen, refusesWhen]) rmSync(file, { force: true })
    },
  }
}

/** Compiles `<name>.c` beside this file and gives the path of the library. */
export function compileLibrary(name: string, folder: string): string {
  const library = join(folder, `${name}.so`)
  const source = new URL(`${name}.c`, import.meta.url).pathname
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'])
  return library
}

/** There at once with all of its content: the child reads it at any time. */
function put(file: string, text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

/** A `describe` for tests with a broken disk: skipped by name without a C compiler on Linux, unless servers are required. */
export function describeWithDiskFaults(title: string, tests: () => void): void {
  const isPossible = process.platform === 'linux' && findProgram('cc') !== undefined
  if (isPossible || process.env.CAMPUS_REQUIRE_SERVERS === '1') describe(title, tests)
  else describe.skip(skippedTitle(title, 'needs Linux and cc'), tests)
}
