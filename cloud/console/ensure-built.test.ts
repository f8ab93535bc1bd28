import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureBuilt } from './ensure-built.ts'

async function repository() {
  const root = await mkdtemp(join(tmpdir(), 'ensure-built-'))
  const dist = join(root, 'cloud/console/dist')
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, file)), { recursive: true })
    await writeFile(join(root, file), text)
  }
  await write('cloud/console/index.html', '<html>')
  await write('cloud/console/src/main.tsx', 'one')
  let builds = 0
  const build = async (outDir: string): Promise<void> => {
    builds++
    await mkdir(join(outDir, 'assets'), { recursive: true })
    await writeFile(join(outDir, 'index.html'), `page ${builds}`)
    await writeFile(join(outDir, `assets/main-${builds}.js`), '')
  }
  return {
    root,
    dist,
    write,
    build,
    builds: () => builds,
    page: () => readFile(join(dist, 'index.html'), 'utf8'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

test('it builds once, and again only when a source has changed', async () => {
  await using repo = await repository()
  expect(await ensureBuilt(repo)).toBe(true)
  expect(await ensureBuilt(repo)).toBe(false)
  await repo.write('cloud/console/src/main.test.ts', 'a test is no source')
  expect(await ensureBuilt(repo)).toBe(false)
  await repo.write('cloud/console/src/main.tsx', 'two')
  expect(await ensureBuilt(repo)).toBe(true)
  expect(await repo.page()).toBe('page 2')
  expect(await readdir(join(repo.dist, 'assets'))).toEqual(['main-2.js'])
})

test('of several at once one builds and all have the build', async () => {
  await using repo = await repository()
  const results = await Promise.all([ensureBuilt(repo), ensureBuilt(repo), ensureBuilt(repo)])
  expect(results.filter(Boolean)).toHaveLength(1)
  expect(repo.builds()).toBe(1)
})

test('the lock of a process that died does not stop the next one', async () => {
  await using repo = await repository()
  // No process has a number as high as this.
  await repo.write('cloud/console/dist/.lock/pid', '99999999')
  expect(await ensureBuilt(repo)).toBe(true)
  expect(await readdir(repo.dist)).not.toContain('.lock')
})

test('a build that fails leaves the old one in place and is tried again', async () => {
  await using repo = await repository()
  await ensureBuilt(repo)
  await repo.write('cloud/console/src/main.tsx', 'broken')
  const failing = { ...repo, build: () => Promise.reject(new Error('syntax')) }
  await expect(ensureBuilt(failing)).rejects.toThrow('syntax')
  expect(await repo.page()).toBe('page 1')
  expect(await ensureBuilt(repo)).toBe(true)
})
