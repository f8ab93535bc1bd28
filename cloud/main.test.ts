import { mkdir, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { ApiClient } from '../tests/support/api-client.ts'
import { Program, run } from '../tests/support/program.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'

const name = 'cloud'
const slow = 30_000 // processes on a small machine

async function writeConfig(lines: readonly string[] = []) {
  const folder = await tempFolder()
  const file = folder.file('cloud.yaml')
  await writeFile(file, ['http: { port: 0 }', 'mqtt: { port: 0 }', ...lines].join('\n'))
  return { ...folder, config: file }
}

test(
  'a configuration with mistakes: all of them on stderr, status 2, nothing made',
  async () => {
    await using folder = await writeConfig([
      'gateways: [{ id: A, tokenFile: none }]',
      'retention: { telemetry: long }',
      'colour: red',
    ])
    for (const extra of [['--check'], []]) {
      const { code, output } = await run({
        name,
        args: ['cloud/main.ts', '--config', folder.config, ...extra],
      })
      expect(code).toBe(2)
      for (const text of [
        'yaml:3: gateways[0].id',
        'yaml:4: retention.telemetry',
        'yaml:5: colour',
        '3 problems',
      ]) {
        expect(output).toContain(text)
      }
    }
    const unmade = await run({
      name,
      args: ['cloud/main.ts', '--config', folder.file('nowhere.yaml'), '--check'],
    })
    expect([unmade.code, unmade.output]).toEqual([2, expect.stringContaining('cannot read the file')])
    const fine = await writeConfig()
    const { code } = await run({ name, args: ['cloud/main.ts', '--config', fine.config, '--check'] })
    expect(code).toBe(0)
    await fine[Symbol.asyncDispose]()
  },
  slow,
)

test(
  'it starts, says where, and stops cleanly on SIGTERM with a client connected',
  async () => {
    await using folder = await writeConfig(['demoAccounts: true'])
    const env = { CAMPUS_DEMO_PASSWORD: 'one for all' }
    await using program = new Program({ name, args: ['cloud/main.ts', '--config', folder.config], env })
    const [, origin = ''] = await program.sees(
      /"http":"([^"]+)","mqtt":"mqtts:\/\/127\.0\.0\.1:\d+".*cloud ready/,
    )
    const api = new ApiClient(origin)
    const { token } = await api.login('guard', 'one for all')
    const headers = { authorization: `Bearer ${token}` }
    const { seq } = await api.call<{ seq: number }>('/api/v1/events')
    const poll = fetch(`${origin}/api/v1/events?since=${seq}&wait=60`, { headers }).catch(() => 'cut')
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/live`, { headers })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('message', resolve))
    const began = performance.now()
    const exit = await program.stop('SIGTERM')
    expect(exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(await closed).toBe(1001)
    await poll
    expect(program.output).not.toContain('one for all')
  },
  slow,
)

test(
  'the first administrator is created from a password file, and no account exists before',
  async () => {
    await using folder = await writeConfig()
    const args = ['cloud/main.ts', '--config', folder.config]
    await mkdir(folder.file('data'))
    await writeFile(folder.file('short'), 'short\n')
    await writeFile(folder.file('password'), 'a long password\n')
    const create = (file: string) =>
      run({ name, args: [...args, '--create-admin', 'wang', '--password-file', folder.file(file)] })
    expect(await create('short')).toMatchObject({
      code: 2,
      output: expect.stringContaining('at least 10 characters'),
    })

    await using program = new Program({ name, args })
    const [, origin = ''] = await program.sees(/"http":"([^"]+)".*cloud ready/)
    expect(program.output).toContain('--create-admin')
    await expect(new ApiClient(origin).login('admin', 'admin')).rejects.toThrow('LOGIN_FAILED')
    expect((await create('password')).code).toBe(0)
    expect(await new ApiClient(origin).login('wang', 'a long password')).toMatchObject({
      user: { role: 'admin' },
    })
    expect(await create('password')).toMatchObject({ code: 2, output: expect.stringContaining('already') })
  },
  slow,
)
