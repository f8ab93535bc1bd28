import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LatestWriter } from './latest-writer.ts'

test('the last content wins, and is there once the writer is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latest-writer-'))
  const file = join(folder, 'state.json')
  const errors: unknown[] = []
  {
    await using writer = new LatestWriter(file, (error) => errors.push(error))
    for (let i = 0; i < 100; i++) writer.write(`${i}`)
  }
  expect(await readFile(file, 'utf8')).toBe('99')
  expect(await readdir(folder)).toEqual(['state.json'])
  expect(errors).toEqual([])
})

test('a write that fails is reported, and the next one is tried', async () => {
  const errors: unknown[] = []
  await using writer = new LatestWriter(join(tmpdir(), 'no', 'such', 'folder', 'x'), (error) =>
    errors.push(error),
  )
  writer.write('a')
  await writer[Symbol.asyncDispose]()
  writer.write('b')
  await writer[Symbol.asyncDispose]()
  expect(errors).toHaveLength(2)
})
