import { expect, test } from 'vitest'
import { dataSearch } from '../data/data-search.ts'
import { assetsSearch, unknownSearch } from './assets-search.ts'

test('what an address says that is no filter is left out', () => {
  expect(assetsSearch({ kind: 'camera', q: 42, state: 'all', contradicting: true, after: 'x' })).toEqual({
    ...{ kind: 'camera', q: '42', state: 'all', contradicting: true, after: 'x' },
  })
  expect(assetsSearch({ kind: 'bus', q: ' ', state: 'present', contradicting: 'no', after: '' })).toEqual({})
  expect(unknownSearch({ ignored: true, after: 7 })).toEqual({ ignored: true })
  expect(dataSearch({ dataClass: 'personal', conflict: true, q: 'co2' })).toEqual({
    ...{ dataClass: 'personal', conflict: true, q: 'co2' },
  })
  expect(dataSearch({ dataClass: 'secret', conflict: 1, device: 'a' })).toEqual({})
})
