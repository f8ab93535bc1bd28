import { expect, test } from 'vitest'
import { Deletions } from './deletions.ts'

function range(firstSeq: number, lastSeq: number) {
  return { stream: 'telemetry', epoch: 1, firstSeq, lastSeq } as const
}

test('acknowledgements that touch become one range, in whatever order they come', () => {
  const deletions = new Deletions()
  for (const one of [range(3, 3), range(1, 1), range(2, 2), range(9, 9)]) deletions.confirm(one)
  const covered = deletions.hidden('telemetry').flatMap(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])
  expect(Math.min(...covered)).toBe(1)
  expect(deletions.take().confirmed.length).toBeLessThanOrEqual(3)
})

test('what is being deleted stays hidden until it is, and comes back after a failure', () => {
  const deletions = new Deletions()
  deletions.confirm(range(1, 2))
  deletions.take()
  expect(deletions.isEmpty).toBe(true)
  expect(deletions.hidden('telemetry')).toEqual([range(1, 2)])
  deletions.confirm(range(3, 3))
  deletions.putBack()
  expect(deletions.take().confirmed).toEqual([range(1, 3)])
  deletions.done()
  expect(deletions.hidden('telemetry')).toEqual([])
})

test('streams do not hide each other', () => {
  const deletions = new Deletions()
  deletions.confirm({ ...range(1, 1), stream: 'events' })
  expect(deletions.hidden('telemetry')).toEqual([])
})
