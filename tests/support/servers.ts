import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'
import { skippedTitle } from './skipped-suite.ts'

/** Debian keeps servers where an ordinary user's PATH does not look. */
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin']
const python = '/usr/bin/python3'

/** Where a program is, or `undefined`. */
export function findProgram(name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function hasPymodbus(): boolean {
  return isExecutable(python) && spawnSync(python, ['-c', 'import pymodbus.server']).status === 0
}

/** What the tests can run against, and how to tell whether it is there. `npm run setup:debian` installs all of it. */
const servers = {
  mosquitto: () => findProgram('mosquitto') !== undefined,
  mosquitto_pub: () => findProgram('mosquitto_pub') !== undefined,
  python: () => isExecutable(python),
  pymodbus: hasPymodbus,
  socat: () => findProgram('socat') !== undefined,
  mbpoll: () => findProgram('mbpoll') !== undefined,
  influxd: () => findProgram('influxd') !== undefined,
  openssl: () => findProgram('openssl') !== undefined,
  chromium: () => findProgram('chromium') !== undefined,
} as const
export type ServerName = keyof typeof servers

/**
 * A `describe` for tests that need real servers. Where one is missing the suite is skipped and its title says why; with
 * `CAMPUS_REQUIRE_SERVERS=1` it runs, and so fails.
 */
export function describeWith(names: readonly ServerName[], title: string, tests: () => void): void {
  const missing = names.filter((name) => !servers[name]())
  if (missing.length === 0 || process.env.CAMPUS_REQUIRE_SERVERS === '1') describe(title, tests)
  else describe.skip(skippedTitle(title, `no ${missing.join(', no ')}`), tests)
}

/** The system's Python, which has Debian's modules; another one first on PATH has not. */
export const systemPython = python
