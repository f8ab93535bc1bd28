import { expect, test } from 'vitest'
import { stateOfGateway } from './gateway-state.ts'

test.each([
  ['nothing', null, null, 'none'],
  ['nothing', 'nothing', null, 'none'],
  // It still has one that was taken away.
  ['nothing', 'a', null, 'waiting'],
  ['a', null, null, 'waiting'],
  ['a', 'nothing', null, 'waiting'],
  ['a', 'a', null, 'current'],
  ['a', 'b', null, 'waiting'],
  ['a', 'b', 'a', 'refused'],
  ['a', 'b', 'c', 'waiting'],
])('wanted %s, has %s, refused %s: %s', (wanted, version, refused_version, state) => {
  expect(stateOfGateway(wanted, 'nothing', { version, refused_version })).toBe(state)
})
