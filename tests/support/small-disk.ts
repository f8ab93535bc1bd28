import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'vitest'
import { skippedTitle } from './skipped-suite.ts'

/** A file system of a few megabytes of its own, which really is full when it is. */
export interface SmallDisk extends Disposable {
  /** Takes all the room that is left. */
  fill(): void
  empty(): void
}

/** Mounts one on `folder`. Needs root. */
export function mountSmallDisk(folder: string, size: string): SmallDisk {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'campus-test', folder])
  let isMounted = true
  const ballast = join(folder, 'ballast')
  return {
    fill() {
      for (const bytes of [65_536, 4_096]) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' })
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    [Symbol.dispose]() {
      // Lazily: whoever still has a file open keeps it.
      if (isMounted) execFileSync('umount', ['-l', folder])
      isMounted = false
    },
  }
}

/** A `describe` for tests that mount a disk: skipped by name where that is not allowed. */
export function describeWithSmallDisk(title: string, tests: () => void): void {
  const isAllowed = process.platform === 'linux' && process.getuid?.() === 0
  if (isAllowed) describe(title, tests)
  else describe.skip(skippedTitle(title, 'needs root on Linux'), tests)
}
