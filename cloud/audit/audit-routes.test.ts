import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { AuditChain, AuditEntry, AuditList } from '#contract/api/audit.ts'
import type { Grant } from '#contract/api/session.ts'
import { describeWith, systemPython } from '../../tests/support/servers.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { testApi } from '../../tests/support/test-api.ts'
import { AuditLog } from './audit-log.ts'
import { auditRoutes } from './audit-routes.ts'
import { hashedFields, verifyChain } from './chain.ts'

const who = { id: 'u1', username: 'li', displayName: '=1+1', role: 'admin', grants: [] } as const

async function start(grants: Grant[] = [{ role: 'admin' }]) {
  const api = await testApi({
    api: (scope, { db, clock }) =>
      auditRoutes(scope, { log: new AuditLog({ db, clock, hash: 'sha256' }), clock }),
    grants,
  })
  const write = (target: string, more = {}) =>
    api.audit.write({ action: 'device.added', who, target, ...more })
  const list = async (query = '') => (await api.get(`/api/v1/audit${query}`)).body as AuditList
  return { ...api, db: api.db, write, list }
}

const verified = (entries: readonly AuditEntry[]) =>
  verifyChain(
    (async function* () {
      yield entries
    })(),
  )

test.each([{ role: 'facilities' }, { role: 'bureau' }, { role: 'admin', node: 'campus-a' }] as const)(
  'a $role of $node sees nothing of it',
  async (grant) => {
    await using api = await start([grant])
    for (const path of ['audit', 'audit/chain', 'audit/export'])
      expect((await api.get(`/api/v1/${path}`)).status).toBe(403)
    expect((await api.audit.search({ limit: 9 })).map(({ action, outcome }) => [action, outcome])).toEqual([
      ['audit.exported', 'FORBIDDEN'],
    ])
  },
)

test('the pages hold everything once, newest first; filters narrow it; wrong fields are named', async () => {
  await using api = await start()
  for (const target of ['a/1', 'a/2', 'b/3']) await api.write(target)
  const first = await api.list('?limit=2')
  const second = await api.list(`?limit=2&cursor=${first.nextCursor}`)
  expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual([3, 2, 1])
  expect(second.nextCursor).toBeUndefined()
  expect((await api.list('?target=a/&who=li&action=device.added')).items).toHaveLength(2)
  expect((await api.list(`?to=${api.clock.now()}`)).items).toEqual([])
  expect((await api.get('/api/v1/audit?from=x&action=none')).body).toMatchObject({ code: 'BAD_REQUEST' })
})

test('the chain is walked on request', async () => {
  await using api = await start()
  expect((await api.get('/api/v1/audit/chain')).body).toEqual({ at: expect.any(String), rows: 0 })
  for (const target of ['a', 'b', 'c']) await api.write(target)
  const chain = (await api.get('/api/v1/audit/chain')).body as AuditChain
  expect(chain).toEqual({ at: '2026-01-05T00:00:00.000Z', rows: 3, head: await api.audit.head() })
  await api.db.updateTable('audit').set({ target: 'x' }).where('seq', '=', 2).execute()
  expect((await api.get('/api/v1/audit/chain')).body).toMatchObject({
    ...{ rows: 1, head: { seq: 1 }, broken: { seq: 2, kind: 'altered' } },
  })
})

test('both files can be verified without us, formulas stay text, and the export is in the log', async () => {
  await using api = await start()
  const hostile = ['=HYPERLINK("x")', '+1', '-1', '@a', "'quoted", 'a,"b"\nc', '']
  for (const target of hostile) await api.write(target, { after: { target } })
  for (let i = 0; i < 1_100; i++) await api.write(`d${i}`)

  const jsonl = await api.get('/api/v1/audit/export?format=jsonl')
  const entries = String(jsonl.body)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry)
  expect(await verified(entries)).toMatchObject({ rows: 1_108, broken: undefined })
  expect(jsonl.headers['content-disposition']).toBe('attachment; filename="audit-2026-01-05-1107.jsonl"')
  expect(entries.at(-1)).toMatchObject({ action: 'audit.exported', after: '{"format":"jsonl","upTo":1107}' })

  const csv = String((await api.get('/api/v1/audit/export')).body)
  const [head, ...records] = recordsOf(csv.slice(1))
  expect(csv.startsWith('\ufeffseq,at,action,')).toBe(true)
  expect(head).toEqual([...hashedFields, 'hash'])
  for (const cells of records.slice(0, 9)) for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@]/)
  const back = records.map((cells) => {
    const fields = cells.map((cell, i) => [
      head?.[i],
      i === 0 ? Number(cell) : cell.replace(/^'(?='*[=+\-@\t\r\n＝＋－＠])/, ''),
    ])
    return Object.fromEntries(fields) as AuditEntry
  })
  expect(await verified(back)).toMatchObject({ rows: 1_109, broken: undefined })
  expect(back.slice(0, hostile.length).map(({ target }) => target)).toEqual(
    hostile.map((text) => text.replace('\n', '\ufffd')),
  )
})

describeWith(['python'], 'the program in docs/audit.md', () => {
  test('verifies both files, and finds what was changed in them', async () => {
    await using folder = await tempFolder()
    await using api = await start()
    for (const target of ['=1', "'x", 'a,"b"', '一号楼'])
      await api.write(target, { after: { 中: '\u007f\n' } })
    const [, program = ''] = /```python\n([^`]+)```/.exec(await readFile('docs/audit.md', 'utf8')) ?? []
    await writeFile(folder.file('verify.py'), program)
    const verify = async (name: string, text: string) => {
      await writeFile(folder.file(name), text)
      return spawnSync(systemPython, [folder.file('verify.py'), folder.file(name)], { encoding: 'utf8' })
    }
    for (const format of ['csv', 'jsonl']) {
      const text = String((await api.get(`/api/v1/audit/export?format=${format}`)).body)
      const head = await api.audit.head()
      const whole = await verify(`audit.${format}`, text)
      expect(whole).toMatchObject({ status: 0, stdout: `whole up to ${head?.seq}:${head?.hash}\n` })
      const changed = await verify(`audit.${format}`, text.replace('一号楼', '二号楼'))
      expect(changed).toMatchObject({ status: 1, stderr: 'row 4 is not as it was written\n' })
    }
  })
})

/** RFC 4180, by hand. */
function recordsOf(csv: string): string[][] {
  const records: string[][] = []
  let cells: string[] = []
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    cells.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    records.push(cells)
    cells = []
  }
  return records
}
