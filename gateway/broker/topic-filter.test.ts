import { describe, expect, test } from 'vitest'
import { filterCovers, isFilter, topicMatches } from './topic-filter.ts'

describe('topicMatches', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['+/+', '/x', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['#', 'a/b', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['a/+/c', 'a/b/d', false],
  ])('%s against %s is %s', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected)
  })
})

describe('filterCovers', () => {
  test.each([
    ['#', 'a/#', true],
    ['a/#', 'a/+/c', true],
    ['a/#', '#', false],
    ['a/#', '+/b', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/+', true],
    ['a/+', 'a/#', false],
    ['a/b', 'a/+', false],
    ['a/b', 'a/b', true],
    ['a/+/c', 'a/b', false],
    ['#', '$SYS/#', false],
  ])('%s allows %s: %s', (allowed, asked, expected) => {
    expect(filterCovers(allowed, asked)).toBe(expected)
  })
})

test.each([
  ['a/b', true],
  ['#', true],
  ['a/#', true],
  ['a/#/b', false],
  ['a+/b', false],
  ['a#', false],
  ['', false],
])('%s is a filter: %s', (text, expected) => {
  expect(isFilter(text)).toBe(expected)
})
