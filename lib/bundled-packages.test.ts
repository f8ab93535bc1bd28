import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { repository } from '../tests/support/program.ts'

/** How many files of typebox a program loads, and whether its schemas work. */
function loads(first: string): unknown {
  const program = `
    ${first}
    const { registerHooks } = await import('node:module')
    let files = 0
    registerHooks({
      load(url, context, next) {
        if (url.includes('/node_modules/typebox/')) files++
        return next(url, context)
      },
    })
    const { Type } = await import('typebox')
    const { validator } = await import('#lib/validate.ts')
    const check = validator(Type.Object({ id: Type.String({ minLength: 2 }) }))
    console.log(JSON.stringify({ files, good: check({ id: 'ab' }).ok, bad: check({ id: 'a' }).problems[0].path }))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: repository,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

test('a long-running program loads typebox as one module, and it is the same typebox', () => {
  expect(loads('')).toMatchObject({ files: expect.any(Number), good: true, bad: '/id' })
  expect(loads("(await import('#lib/bundled-packages.ts')).useBundledPackages()")).toEqual({
    ...{ files: 0, good: true, bad: '/id' },
  })
})
