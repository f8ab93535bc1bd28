import { mkdir, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { AuditLog } from '#cloud/audit/audit-log.ts'
import { openDatabase } from '#cloud/state/database.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { openSqlite } from '#lib/sqlite.ts'
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

/** As many rows as a running cloud would write; answers with the head. */
async function writeAudit(path: string, rows: number): Promise<string> {
  await using db = await openDatabase({ path, log: createLogger({ level: 'silent' }) })
  const audit = new AuditLog({ db, clock: systemClock, hash: 'sha256' })
  for (let i = 0; i < rows; i++) await audit.write({ action: 'user.created', who: 'system', target: `u${i}` })
  const head = await audit.head()
  return `${head?.seq}:${head?.hash}`
}

function changeFile(path: string, sql: string): void {
  using state = openSqlite({ path })
  state.exec(sql)
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
  'the audit log is verified from the command line: unbroken, then not, and against a head kept elsewhere',
  async () => {
    await using folder = await writeConfig()
    const verify = (...more: string[]) =>
      run({ name, args: ['cloud/main.ts', '--config', folder.config, '--verify-audit', ...more] })
    expect(await verify()).toMatchObject({ code: 1, output: expect.stringContaining('is not there') })
    const path = folder.file('data/state.db')
    const head = await writeAudit(path, 3)
    const whole = await verify('--head', head)
    expect([whole.code, whole.output]).toEqual([0, `the audit log is unbroken: 3 rows\nhead: ${head}\n`])
    changeFile(path, 'DELETE FROM audit WHERE seq = 3')
    const cutOff = await verify('--head', head)
    expect(cutOff).toMatchObject({ code: 1, output: expect.stringContaining('row 3 is missing') })
    changeFile(path, "UPDATE audit SET target = 'zhao' WHERE seq = 2")
    const { code, output } = await verify()
    expect(code).toBe(1)
    expect(output).toMatch(/broken at row 2 \(altered\).*\nlast good row: 1:[0-9a-f]{64}\n/)
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
    await writeFile(folder.file('password'), 'a password of some length\n')
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
    const api = new ApiClient(origin)
    expect(await api.login('wang', 'a password of some length')).toMatchObject({ user: { role: 'admin' } })
    expect(await api.call('/api/v1/audit?action=user.created')).toMatchObject({
      items: [{ target: 'wang', role: 'system', userAgent: 'cloud/main.ts --create-admin' }],
    })
    expect(await create('password')).toMatchObject({ code: 2, output: expect.stringContaining('already') })
  },
  slow,
)
