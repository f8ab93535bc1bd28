/** Copies everything a cloud needs to go on elsewhere into a folder, while it runs. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { stateFile } from '#cloud/state/database.ts'
import { AppError } from '#contract/errors.ts'
import { copySqlite } from '#lib/sqlite.ts'
import { copyFile, digestOf, flush } from './copy-file.ts'
import { type BackupFile, type Manifest, manifestName } from './manifest.ts'

export type BackupSource = {
  /** The data folder. */
  readonly data: string
  /** The configuration and the files it names: tokens, certificates, passwords. */
  readonly config: { readonly file: string; readonly named: readonly string[] }
  readonly telemetry: Manifest['telemetry']
}

/**
 * Resolves when the backup in `to` is whole and on the disk; until then it has another name. Rejects with what stands in
 * the way, and leaves nothing behind.
 */
export async function makeBackup(source: BackupSource, to: string, now: number): Promise<Manifest> {
  if (existsSync(to)) throw new AppError('CONFLICT', `${to} is there already: name a folder that is not`)
  const partial = `${to}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  try {
    const files = [...(await copyData(source.data, partial)), ...(await copyConfig(source.config, partial))]
    const manifest: Manifest = { v: 1, madeAt: now, telemetry: source.telemetry, files }
    const text = `${JSON.stringify(manifest, null, 2)}\n`
    await writeFile(join(partial, manifestName), text, { mode: 0o600, flush: true })
    await flush(partial)
    await rename(partial, to)
    await flush(dirname(to))
    return manifest
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/** What SQLite keeps beside a file, and files that are being replaced right now. */
const passing = /(-wal|-shm|-journal|\.new)$/

async function copyData(data: string, to: string): Promise<BackupFile[]> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile() && !passing.test(entry.name))
    .map((entry) => relative(data, join(entry.parentPath, entry.name)))
  // The state first: its ledger must not speak of samples that are not in the telemetry copied with it.
  const ordered = [
    ...names.filter((name) => name === stateFile),
    ...names.filter((name) => name !== stateFile),
  ]
  const files: BackupFile[] = []
  for (const name of ordered) {
    const path = ['data', ...name.split(sep)].join('/')
    const target = join(to, path)
    if (name.endsWith('.db')) {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await writeFile(target, '', { mode: 0o600 })
      copySqlite(join(data, name), target)
      await flush(target)
      files.push({ path, ...(await digestOf(target)) })
    } else files.push({ path, ...(await copyFile(join(data, name), target)) })
  }
  return files
}

async function copyConfig({ file, named }: BackupSource['config'], to: string): Promise<BackupFile[]> {
  const files: BackupFile[] = []
  for (const one of new Set([file, ...named])) {
    const path = `config/${placeOf(relative(dirname(file), one))}`
    files.push({ path, ...(await copyFile(one, join(to, path))) })
  }
  return files
}

/** Where a file of the configuration lies in the backup; those from elsewhere under the path they had. Pure. */
function placeOf(fromConfig: string): string {
  const parts = fromConfig.split(sep)
  const isInside = parts[0] !== '..' && !isAbsolute(fromConfig)
  return isInside
    ? parts.join('/')
    : ['elsewhere', ...parts.filter((part) => part !== '..' && part !== '')].join('/')
}
