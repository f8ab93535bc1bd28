import { expect, test } from 'vitest'
import { SeededChance } from '../../tests/support/random.ts'
import { accountOf, type DropReport, type StreamFacts } from './account.ts'
import type { Interval } from './owed.ts'

const perBatch = 10
const drop = (firstSeq: number, lastSeq: number, at = 1): DropReport => ({
  firstSeq,
  lastSeq,
  samples: (lastSeq - firstSeq + 1) * perBatch,
  at,
})
const facts = (more: Partial<StreamFacts>): StreamFacts => ({
  producedSeq: 10,
  producedSamples: 100,
  countedSeq: 10,
  receivedSamples: 100,
  uncertainSamples: 0,
  received: [[1, 10]],
  dropped: [],
  ...more,
})

test('everything received: nothing dropped, nothing owed, in balance', () => {
  expect(accountOf(facts({}))).toEqual({ dropped: [], owed: [], owedSamples: 0, imbalances: [] })
})

test('what is neither received nor dropped is owed, with the samples that are not accounted for', () => {
  const received: Interval[] = [[1, 3]]
  const account = accountOf(facts({ received, receivedSamples: 30, dropped: [drop(6, 7)] }))
  expect(account.owed).toEqual([
    [4, 5],
    [8, 10],
  ])
  expect(account).toMatchObject({ owedSamples: 50, imbalances: [] })
})

test('received wins over dropped: a report that was overtaken is cut or gone', () => {
  const received: Interval[] = [
    [1, 4],
    [6, 10],
  ]
  const whole = accountOf(facts({ received, receivedSamples: 90, dropped: [drop(2, 3), drop(4, 6, 2)] }))
  expect(whole.dropped).toEqual([{ firstSeq: 5, lastSeq: 5, samples: 10, at: 2 }])
  expect(whole).toMatchObject({ owed: [], imbalances: [] })
})

test('of two reports about a number the earlier one holds', () => {
  const dropped = [drop(1, 10, 9), drop(4, 5, 3)]
  const account = accountOf(facts({ received: [], receivedSamples: 0, dropped }))
  expect(account.dropped.map(({ firstSeq, lastSeq, at }) => [firstSeq, lastSeq, at])).toEqual([
    [1, 3, 9],
    [4, 5, 3],
    [6, 10, 9],
  ])
  expect(account).toMatchObject({ owed: [], imbalances: [] })
})

test.each([
  ['a number that was never given out', { producedSeq: 9, countedSeq: 9 }, ['number-beyond-produced']],
  [
    'a drop of numbers that were never given out',
    { dropped: [{ ...drop(11, 12), samples: 0 }] },
    ['number-beyond-produced'],
  ],
  [
    'two ranges that share a number',
    {
      received: [
        [1, 6],
        [6, 10],
      ],
    },
    ['received-twice'],
  ],
  ['samples that got lost on the way', { receivedSamples: 99 }, ['samples-missing']],
  ['samples out of nowhere', { receivedSamples: 101 }, ['samples-too-many']],
] as const)('%s: out of balance', (_case, more, imbalances) => {
  expect(accountOf(facts(more)).imbalances).toEqual(imbalances)
})

test.each([
  ['the gateway has not counted the last batches yet', { countedSeq: 8, producedSamples: 80 }],
  ['a message received in part was estimated', { receivedSamples: 96, uncertainSamples: 4 }],
  ['something is still owed', { received: [[1, 9]], receivedSamples: 80 }],
  [
    'nobody knows how many samples a damaged file held',
    {
      received: [[1, 9]],
      receivedSamples: 90,
      producedSamples: 5_000,
      dropped: [{ ...drop(10, 10), samples: 0 }],
    },
  ],
  ['the gateway never said what it produced', { countedSeq: 0, producedSamples: 0 }],
] as const)('%s: in balance', (_case, more) => {
  expect(accountOf(facts(more)).imbalances).toEqual([])
})

/** A life of a stream, number by number: what a reader of the account must come to, without any interval. */
function life(chance: SeededChance) {
  const below = (limit: number): number => Math.floor(chance.between(0, limit))
  const lossIn = 2 + below(40)
  const producedSeq = 1 + below(60)
  const samples = Array.from({ length: producedSeq }, () => 1 + below(20))
  const isReceived = samples.map(() => below(lossIn) > 0)
  const dropped = Array.from({ length: below(6) }, (_, i): DropReport => {
    const firstSeq = 1 + below(producedSeq)
    const lastSeq = firstSeq + below(producedSeq - firstSeq + 1)
    return { firstSeq, lastSeq, samples: sum(samples.slice(firstSeq - 1, lastSeq)), at: i }
  })
  const received: Interval[] = []
  for (const [i, is] of isReceived.entries()) {
    if (!is) continue
    const last = received.at(-1)
    if (last?.[1] === i) received[received.length - 1] = [last[0], i + 1]
    else received.push([i + 1, i + 1])
  }
  const stream: StreamFacts = {
    ...{ producedSeq, producedSamples: sum(samples), countedSeq: producedSeq, uncertainSamples: 0 },
    receivedSamples: sum(samples.filter((_, i) => isReceived[i])),
    received,
    dropped: dropped.toReversed(),
  }
  const fate = samples.map((_, i) => {
    const number = i + 1
    if (isReceived[i]) return 'received'
    const by = dropped.find(({ firstSeq, lastSeq }) => firstSeq <= number && number <= lastSeq)
    return by === undefined ? 'owed' : `dropped ${by.at}`
  })
  return { stream, fate }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

function fatesOf({ producedSeq, received }: StreamFacts, account: ReturnType<typeof accountOf>): string[] {
  const fates = Array.from({ length: producedSeq }, (): string[] => [])
  const put = (first: number, last: number, fate: string): void => {
    for (let number = first; number <= last; number++) fates[number - 1]?.push(fate)
  }
  for (const [first, last] of received) put(first, last, 'received')
  for (const { firstSeq, lastSeq, at } of account.dropped) put(firstSeq, lastSeq, `dropped ${at}`)
  for (const [first, last] of account.owed) put(first, last, 'owed')
  return fates.map((all) => all.join(' and '))
}

test('of 3,000 lives of a stream every number has one fate, the right one, and honest accounts balance', () => {
  const chance = new SeededChance('ledger')
  for (let i = 0; i < 3_000; i++) {
    const { stream, fate } = life(chance)
    const account = accountOf(stream)
    expect(fatesOf(stream, account)).toEqual(fate)
    expect(account.imbalances).toEqual([])
  }
})

test('of 3,000 whole accounts none hides samples that are missing or too many', () => {
  const chance = new SeededChance('thief')
  let judged = 0
  for (let i = 0; i < 3_000; i++) {
    const { stream } = life(chance)
    const { owed, dropped } = accountOf(stream)
    // Where a report was cut its samples are an estimate: there nothing can be proven.
    const isExact =
      dropped.every((part) => stream.dropped.includes(part)) && dropped.length === stream.dropped.length
    if (owed.length > 0 || !isExact) continue
    judged++
    const wrong = (by: number) =>
      accountOf({ ...stream, receivedSamples: stream.receivedSamples + by }).imbalances
    expect([wrong(-1), wrong(1)]).toEqual([['samples-missing'], ['samples-too-many']])
  }
  expect(judged).toBeGreaterThan(100)
})

test('100,000 reports and as many ranges are accounted within a second', () => {
  const count = 100_000
  const received = Array.from({ length: count }, (_, i): Interval => [i * 3 + 1, i * 3 + 1])
  const dropped = Array.from({ length: count }, (_, i) => drop(i * 3 + 2, i * 3 + 2))
  const startedAt = performance.now()
  const account = accountOf(
    facts({ producedSeq: count * 3, receivedSamples: 0, countedSeq: 0, received, dropped }),
  )
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  expect(account.owed).toHaveLength(count)
})
