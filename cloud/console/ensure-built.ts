import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** Relative to the root of the repository: everything that the built console is made of. */
const sources = [
  'cloud/console/ensure-built.ts',
  'cloud/console/index.html',
  'cloud/console/vite.config.ts',
  'cloud/console/public/**/*',
  'cloud/console/src/**/*.{ts,tsx,css}',
  'contract/**/*.ts',
  'package-lock.json',
]
const lockTimeoutMs = 5 * 60_000

export type BuildOptions = {
  /** Root of the repository. */
  readonly root: string
  /** Writes a complete build into the folder. */
  readonly build: (outDir: string) => Promise<void>
}

/**
 * Resolves when `dist` is the build of the present sources, true when it had to be built. Several processes may call it at
 * once: one builds, the others wait for it. A running cloud goes on serving: files are put in place before the page that
 * names them, and the old ones are removed last.
 */
export async function ensureBuilt({ root, build }: BuildOptions): Promise<boolean> {
  const dist = join(root, 'cloud/console/dist')
  await mkdir(dist, { recursive: true })
  const wanted = await sourceHash(root)
  if (await isBuilt(dist, wanted)) return false
  await using _ = await lock(join(dist, '.lock'))
  if (await isBuilt(dist, wanted)) return false
  const next = join(dist, `.next-${process.pid}`)
  try {
    await build(next)
    await publish(next, dist)
  } finally {
    await rm(next, { recursive: true, force: true })
  }
  await writeFile(join(dist, '.source-hash'), wanted)
  return true
}

async function sourceHash(root: string): Promise<string> {
  const files = globSync(sources, { cwd: root })
    .filter((file) => !/\.test\.ts$/.test(file))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) {
    const path = join(root, file)
    if ((await stat(path)).isFile())
      hash
        .update(`${file}\0`)
        .update(await readFile(path))
        .update('\0')
  }
  return hash.digest('hex')
}

async function isBuilt(dist: string, wanted: string): Promise<boolean> {
  const built = await readFile(join(dist, '.source-hash'), 'utf8').catch(() => undefined)
  return built === wanted && (await exists(join(dist, 'index.html')))
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Moves the new files in, the page last, and removes what the new page no longer names. */
async function publish(next: string, dist: string): Promise<void> {
  await rm(join(dist, '.source-hash'), { force: true })
  const files = (await listFiles(next)).sort(
    (a, b) => Number(a === 'index.html') - Number(b === 'index.html'),
  )
  for (const file of files) {
    await mkdir(dirname(join(dist, file)), { recursive: true })
    await rename(join(next, file), join(dist, file))
  }
  const old = (await listFiles(dist)).filter((file) => !file.startsWith('.') && !files.includes(file))
  for (const file of old) await rm(join(dist, file), { force: true })
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}

/** Holds a folder that only one process can make. One left behind by a process that died is taken over. */
async function lock(path: string): Promise<AsyncDisposable> {
  const givenUpAt = Date.now() + lockTimeoutMs
  for (;;) {
    try {
      await mkdir(path)
      await writeFile(join(path, 'pid'), String(process.pid))
      return { [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (await isAbandoned(path)) await rm(path, { recursive: true, force: true })
    else if (Date.now() > givenUpAt)
      throw new Error(`another process has been building for too long: ${path}`)
    else await wait(200)
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const pid = Number(await readFile(join(path, 'pid'), 'utf8').catch(() => ''))
  if (pid === 0) {
    // Made this very moment, or its maker died before it wrote its number.
    const made = await stat(path).catch(() => undefined)
    return made !== undefined && Date.now() - made.mtimeMs > 5000
  }
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** The build for people, whatever the environment says: a test runner's would give React's slow one with its checks. */
async function viteBuild(root: string, outDir: string): Promise<void> {
  const { build } = await import('vite')
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    await build({
      root: join(root, 'cloud/console'),
      mode: 'production',
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true },
    })
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

/** The console of this repository; true when it had to be built. */
export function ensureConsoleBuilt(): Promise<boolean> {
  const root = join(import.meta.dirname, '../..')
  return ensureBuilt({ root, build: (outDir) => viteBuild(root, outDir) })
}

if (import.meta.main) {
  const startedAt = performance.now()
  const built = await ensureConsoleBuilt()
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(built ? `web console: built in ${seconds} s` : 'web console: up to date')
}
