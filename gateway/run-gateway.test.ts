import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Program, repository } from '../tests/support/program.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'

async function start(folder: string): Promise<Program> {
  const file = join(folder, 'gateway.yaml')
  const profiles = join(repository, 'device-profiles')
  await writeFile(
    file,
    `gateway: { id: school-a }\nprofiles: ${profiles}\nbroker: { port: 0 }\nhealth: { port: 0 }\n`,
  )
  return new Program({ name: 'gateway', args: ['gateway/main.ts', '--config', file] })
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'it says when it is ready, and %s stops it cleanly',
  async (signal) => {
    await using folder = await tempFolder()
    await using gateway = await start(folder.path)
    const [line] = await gateway.sees(/^\{.*"ready":true.*$/m)
    const { health } = JSON.parse(line) as { health: string }
    expect((await fetch(`${health}/ready`)).status).toBe(200)
    expect(await gateway.stop(signal)).toEqual({ code: 0, signal: null })
    await expect(fetch(`${health}/ready`)).rejects.toThrow()
  },
)

test('a start that fails ends with status 1 and says why', async () => {
  await using folder = await tempFolder()
  await mkdir(join(folder.path, 'data', 'commands.jsonl'), { recursive: true })
  await using gateway = await start(folder.path)
  expect(await gateway.exited).toEqual({ code: 1, signal: null })
  expect(gateway.output).toMatch(/"msg":"gateway could not start"/)
})
