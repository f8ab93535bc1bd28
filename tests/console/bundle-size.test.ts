import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { buildConsole } from '../support/chromium.ts'
import { repository } from '../support/program.ts'

const dist = join(repository, 'cloud/console/dist')

beforeAll(buildConsole)

test('whatever page is opened first, it needs less than 360 kB, compressed, without the charts', () => {
  const files = new Map(assets().map((file) => [basename(file), readFileSync(file)]))
  const styles = [...files.keys()].filter((name) => name.endsWith('.css'))
  const pages = [...files.keys()].filter((name) => /-page-.*\.js$/.test(name))
  expect(pages.length).toBeGreaterThan(5)
  for (const page of pages) {
    const needed = [...reachedFrom([...entry(), page]), ...styles].filter(
      (name) => !name.startsWith('echarts'),
    )
    const bytes = needed.reduce((sum, name) => sum + gzipSync(files.get(name) ?? '').length, 0)
    expect(needed.length, page).toBeGreaterThan(3)
    expect(bytes, page).toBeLessThan(360_000)
  }
})

test('it is the build for people, not the one with checks for developers', () => {
  const code = assets()
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(file, 'utf8'))
  expect(code.filter((text) => /jsxDEV|getSnapshot should be cached/.test(text))).toEqual([])
})

test('the charts are loaded by the page that draws and by nothing that it loads before', () => {
  const reached = reachedFrom(entry())
  expect(reached.size).toBeGreaterThan(1)
  expect([...reached].filter((name) => name.startsWith('echarts'))).toEqual([])
})

/** The scripts that index.html asks for. */
function entry(): string[] {
  const page = readFileSync(join(dist, 'index.html'), 'utf8')
  return [...page.matchAll(/assets\/([\w-]+\.js)/g)].map(([, name = '']) => name)
}

/** Everything that these files import before they run. */
function reachedFrom(names: readonly string[]): Set<string> {
  const reached = new Set<string>()
  const follow = (name: string): void => {
    if (reached.has(name)) return
    reached.add(name)
    const code = readFileSync(join(dist, 'assets', name), 'utf8')
    for (const [, next = ''] of code.matchAll(/(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g)) follow(next)
  }
  names.forEach(follow)
  return reached
}

function assets(): string[] {
  return globSync('assets/*.{js,css}', { cwd: dist }).map((file) => join(dist, file))
}
