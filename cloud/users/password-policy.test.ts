import { expect, test } from 'vitest'
import { isExpired, passwordProblems } from './password-policy.ts'

const policy = { minLength: 10, classes: 3, history: 5, blockCommon: true }
const rules = (password: string, names: string[] = []) =>
  passwordProblems(password, policy, names).map(({ rule }) => rule)

test('everything that is wrong is told at once', () => {
  expect(passwordProblems('admin', policy, ['admin'])).toEqual([
    { rule: 'too-short', expected: 10 },
    { rule: 'too-few-classes', expected: 3 },
    { rule: 'common' },
    { rule: 'has-name' },
  ])
})

test.each([
  ['Korrekt-Pferd-7', []],
  ['korrektpferd', ['too-few-classes']],
  ['a long sentence of small letters', []],
  ['九月的雨下得很大呢Rain', []],
  ['P@ssw0rd2026!', ['common']],
  ['Admin@123456', ['common']],
  ['1234Woaini!!', ['common']],
  ['Qwertyuiop1!', ['common']],
  ['!!Camera2026', ['common']],
  ['1qaz2wsx3edc', ['too-few-classes', 'common']],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', ['common']],
])('%s', (password, expected) => {
  expect(rules(password)).toEqual(expected)
})

test('names of the account and the school are refused, short ones are not looked for', () => {
  expect(rules('Wang.Fang-2026x', ['wang.fang'])).toEqual(['has-name'])
  expect(rules('我在第一中学上班2026A', ['第一中学'])).toEqual(['has-name'])
  expect(rules('Regen-Wolke-77li', ['li', '学'])).toEqual([])
})

test('length counts characters, not bytes or halves of them', () => {
  expect(rules('😀Aa1😀Bb2').includes('too-short')).toBe(true)
  expect(rules('😀Aa1😀Bb2xy').includes('too-short')).toBe(false)
})

test('a password is too old after its days, and never without a limit or a known age', () => {
  const day = 86_400_000
  expect(isExpired(0, { ...policy, maxAgeDays: 90 }, 90 * day)).toBe(false)
  expect(isExpired(0, { ...policy, maxAgeDays: 90 }, 90 * day + 1)).toBe(true)
  expect(isExpired(null, { ...policy, maxAgeDays: 90 }, 1e13)).toBe(false)
  expect(isExpired(0, policy, 1e13)).toBe(false)
})
