import { open, rename } from 'node:fs/promises'

/** Replaces the file in one step: after a crash it holds the old content or the new, and the new one is on the disk. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  const next = `${file}.new`
  await using handle = await open(next, 'w')
  await handle.writeFile(content)
  await handle.datasync()
  await rename(next, file)
}
