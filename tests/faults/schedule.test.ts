import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repository } from '../support/program.ts'
import { SeededChance } from '../support/random.ts'
import { mutated } from './check-mutations.ts'
import { faultNames, possibleFaults } from './faults.ts'
import { mutations } from './mutations.ts'
import { schedule } from './schedule.ts'

test('the same seed gives the same acts, another seed others', () => {
  const acts = (seed: string) => schedule(new SeededChance(seed), { totalMs: 60_000, names: faultNames })
  expect(acts('7')).toEqual(acts('7'))
  expect(acts('7')).not.toEqual(acts('8'))
})

test('three minutes bring every fault, and some of them two at once', () => {
  for (const seed of Array.from({ length: 200 }, (_, i) => `${i}`)) {
    const names = possibleFaults('embedded')
    const acts = schedule(new SeededChance(seed), { totalMs: 180_000, names })
    expect(new Set(acts.flatMap((act) => act.faults.map(({ name }) => name)))).toEqual(new Set(names))
    expect(acts.some((act) => act.faults.length === 2)).toBe(true)
  }
})

test('every deliberate bug fits the source as it is, and changes it', async () => {
  for (const mutation of mutations) {
    const text = await readFile(join(repository, mutation.file), 'utf8')
    expect(mutated(text, mutation)).not.toBe(text)
  }
})

test('docs/reliability.md has a row for every fault and every deliberate bug, and for no other', async () => {
  const text = await readFile(join(repository, 'docs/reliability.md'), 'utf8')
  const rowsUnder = (title: string) => {
    const [, section = ''] = text.split(`### ${title}\n`)
    const [table = ''] = section.split(/^#/m)
    return [...table.matchAll(/^\| (?!fault|bug|-)([^|]+?) \|/gm)].map(([, name]) => name)
  }
  expect(rowsUnder('Faults')).toEqual(faultNames)
  expect(rowsUnder('Deliberate bugs')).toEqual(mutations.map(({ name }) => name))
})
