import { expect, test } from 'vitest'
import { auditSearch } from './audit-search.ts'

test('what the address says is a filter, and what is no filter is left out', () => {
  const search = { from: 1, to: 2, who: ' li ', action: 'device.added', target: 7, after: 'x' }
  expect(auditSearch(search)).toEqual({ ...search, who: 'li', target: '7' })
  expect(auditSearch({ from: 2, to: 1, who: ' ', action: 'none', target: [], after: 5 })).toEqual({ from: 2 })
  expect(auditSearch({ from: 'x', to: -1, action: 'toString' })).toEqual({})
})
