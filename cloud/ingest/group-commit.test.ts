import { expect, test } from 'vitest'
import { GroupCommit } from './group-commit.ts'

const limits = { maxWeight: 3, weightOf: () => 1, mayBeOneItem: () => true }

test('what arrives during a commit is the next group, no heavier than allowed', async () => {
  const groups: number[][] = []
  let release = (): void => {}
  const commits = new GroupCommit<number>(async (items) => {
    groups.push([...items])
    await new Promise<void>((resolve) => {
      release = resolve
    })
  }, limits)
  const first = commits.add(0)
  await expect.poll(() => groups.length).toBe(1)
  const rest = Promise.all([1, 2, 3, 4, 5].map((item) => commits.add(item)))
  release()
  await first
  await expect.poll(() => groups.length).toBe(2)
  release()
  await expect.poll(() => groups.length).toBe(3)
  release()
  await rest
  expect(groups).toEqual([[0], [1, 2, 3], [4, 5]])
})

test('an item too heavy for a group goes alone', async () => {
  const groups: number[][] = []
  const commits = new GroupCommit<number>(
    async (items) => {
      groups.push([...items])
    },
    { ...limits, weightOf: (item) => item },
  )
  await Promise.all([commits.add(10), commits.add(1), commits.add(2), commits.add(10)])
  expect(groups).toEqual([[10], [1, 2], [10]])
})

test('one bad item fails alone, its neighbours are committed', async () => {
  const done: number[] = []
  const commits = new GroupCommit<number>(async (items) => {
    if (items.includes(2)) throw new Error('two')
    done.push(...items)
  }, limits)
  const outcomes = await Promise.allSettled([1, 2, 3].map((item) => commits.add(item)))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(done).toEqual([1, 3])
})

test('when the store is away nobody is tried alone', async () => {
  let calls = 0
  const commits = new GroupCommit<number>(
    async () => {
      calls++
      throw new Error('away')
    },
    { ...limits, mayBeOneItem: () => false },
  )
  const outcomes = await Promise.allSettled([1, 2, 3].map((item) => commits.add(item)))
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  expect(calls).toBe(1)
})

test('idle waits for everything in hand', async () => {
  let done = 0
  const commits = new GroupCommit<number>(async (items) => {
    await new Promise((resolve) => setImmediate(resolve))
    done += items.length
  }, limits)
  const added = Promise.all([1, 2, 3, 4, 5].map((item) => commits.add(item)))
  await commits.idle()
  expect(done).toBe(5)
  await added
})
