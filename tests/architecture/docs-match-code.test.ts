import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { errorCodes } from '#contract/errors.ts'
import { allows, permissions, roles } from '#contract/permissions.ts'

test('docs/errors.md has one row per error code, and no other', () => {
  const rows = [
    ...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (yes|no) \|/gm),
  ]
  const documented = rows.map(([, code, http, retry]) => ({
    code,
    http: Number(http),
    retry: retry === 'yes',
  }))
  const inCode = Object.entries(errorCodes).map(([code, { http, retry }]) => ({ code, http, retry }))
  expect(documented).toEqual(inCode)
})

test('docs/users.md says which role may do what', () => {
  const page = readFileSync('docs/users.md', 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z.]+)` \|[^|]*\|(.*)\|$/gm)]
  const documented = rows.map(([, permission = '', cells = '']) => {
    const marks = cells.split('|').map((cell) => cell.trim())
    return [permission, roles.filter((_, index) => marks[index] === '✓')]
  })
  const inCode = permissions.map((one) => [one, roles.filter((role) => allows(role, one))])
  expect(documented).toEqual(inCode)
  expect(page).toContain(`| ${roles.map((role) => `\`${role}\``).join(' | ')} |`)
})

test('every relative link in the documents leads somewhere', () => {
  const documents = globSync('{*.md,{contract,docs,bench,device-profiles,flows,simulators}/**/*.md}')
  expect(documents.length).toBeGreaterThan(5)
  const dead = documents.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target = '']) => normalize(join(dirname(file), target)))
      .filter((target) => !existsSync(target))
      .map((target) => `${file} -> ${target}`),
  )
  expect(dead).toEqual([])
})

test('every npm script that a document names exists', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  const unknown = globSync('{*.md,{contract,docs,bench,device-profiles,flows,simulators}/**/*.md}').flatMap(
    (file) =>
      [...readFileSync(file, 'utf8').matchAll(/npm run ([a-z][a-z:-]*)/g)]
        .filter(([, name = '']) => scripts[name] === undefined)
        .map(([, name]) => `${file}: npm run ${name}`),
  )
  expect(unknown).toEqual([])
})

test('the lock file holds no download addresses', () => {
  expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"')
})

test('every dependency is pinned to one version', () => {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
})

test('every file that docs/architecture.md names exists', () => {
  const named = [...readFileSync('docs/architecture.md', 'utf8').matchAll(/`([a-z][\w./-]*\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => /\.(ts|tsx|yaml|md)$|\/$/.test(path))
  expect(named.length).toBeGreaterThan(15)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})
