import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'

export type Digest = { readonly bytes: number; readonly sha256: string }

/** Resolves with what was read, when the copy is on the disk. Only its owner may read it: stores and keys go this way. */
export async function copyFile(from: string, to: string): Promise<Digest> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true })
  return await read(from, (chunks) => pipeline(chunks, target))
}

export function digestOf(file: string): Promise<Digest> {
  return read(file, async (chunks) => {
    for await (const _ of chunks);
  })
}

async function read(file: string, drain: (chunks: AsyncIterable<Buffer>) => Promise<void>): Promise<Digest> {
  const hash = createHash('sha256')
  let bytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  await drain(counted())
  return { bytes, sha256: hash.digest('hex') }
}

/** A name is on the disk when its folder is. */
export async function flush(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}
