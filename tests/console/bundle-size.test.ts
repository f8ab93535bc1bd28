import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { buildConsole } from '../support/chromium.ts'
import { repository } from '../support/program.ts'

const dist = join(repository, 'cloud/console/dist')

beforeAll(buildConsole)

test('everything but the charts is below 420 kB, compressed', () => {
  const sizes = assets().map((file) => ({ name: basename(file), bytes: gzipSync(readFileSync(file)).length }))
  const shell = sizes.filter(({ name }) => !name.startsWith('echarts'))
  expect(shell.length).toBeGreaterThan(3)
  expect(shell.length).toBeLessThan(sizes.length)
  expect(shell.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(420_000)
})

test('the charts are loaded by the page that draws and by nothing that it loads before', () => {
  const byName = new Map(assets().map((file) => [basename(file), readFileSync(file, 'utf8')]))
  const page = readFileSync(join(dist, 'index.html'), 'utf8')
  const entry = [...page.matchAll(/assets\/([\w-]+\.js)/g)].map(([, name = '']) => name)
  const reached = new Set<string>()
  const follow = (name: string): void => {
    if (reached.has(name)) return
    reached.add(name)
    for (const [, next = ''] of (byName.get(name) ?? '').matchAll(
      /(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g,
    )) {
      follow(next)
    }
  }
  entry.forEach(follow)
  expect(reached.size).toBeGreaterThan(1)
  expect([...reached].filter((name) => name.startsWith('echarts'))).toEqual([])
})

function assets(): string[] {
  return globSync('assets/*.{js,css}', { cwd: dist }).map((file) => join(dist, file))
}
