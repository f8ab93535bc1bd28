import { mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { validator } from '#lib/validate.ts'
import { copyFile, digestOf, flush } from './copy-file.ts'
import { Manifest, manifestName } from './manifest.ts'

export type Restored =
  | { readonly ok: true; readonly manifest: Manifest }
  /** Nothing was changed. */
  | { readonly ok: false; readonly problems: readonly string[] }

const check = validator(Manifest)

/**
 * Fills the empty or absent folder `data` from the backup in `from`. Every file is checked before the first is written, and
 * the folder has its name only when all of it is on the disk.
 */
export async function restoreBackup(from: string, data: string): Promise<Restored> {
  const read = await readManifest(from)
  if (!read.ok) return read
  const { manifest } = read
  const problems = [...(await occupied(data)), ...(await damaged(from, manifest))]
  if (problems.length > 0) return { ok: false, problems }

  const partial = `${data}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  try {
    for (const { path } of manifest.files) {
      if (path.startsWith('data/'))
        await copyFile(join(from, path), join(partial, path.slice('data/'.length)))
    }
    await flush(partial)
    await rmdir(data).catch(ignoreAbsent)
    await rename(partial, data)
    await flush(dirname(data))
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
  return { ok: true, manifest }
}

async function readManifest(from: string): Promise<Restored> {
  const file = join(from, manifestName)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    return {
      ok: false,
      problems: [`${file}: cannot be read (${reason}): is it the folder of a whole backup?`],
    }
  }
  const checked = check(parsed(text))
  if (checked.ok) return { ok: true, manifest: checked.value }
  return {
    ok: false,
    problems: checked.problems.map(({ path, message }) => `${file}: ${path || 'the file'}: ${message}`),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // what is no JSON fits no schema
  }
}

async function occupied(data: string): Promise<string[]> {
  const there = await readdir(data).catch(ignoreAbsent)
  if (there === undefined || there.length === 0) return []
  return [`${data}: is not empty: move it away first, a restore overwrites nothing`]
}

async function damaged(from: string, { files }: Manifest): Promise<string[]> {
  const problems: string[] = []
  for (const { path, bytes, sha256 } of files) {
    const file = join(from, path)
    const found = await stat(file).catch(ignoreAbsent)
    if (found === undefined) problems.push(`${file}: is missing`)
    else if (found.size !== bytes) problems.push(`${file}: has ${found.size} bytes, expected ${bytes}`)
    else if ((await digestOf(file)).sha256 !== sha256)
      problems.push(`${file}: has been changed since the backup`)
  }
  return problems
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
