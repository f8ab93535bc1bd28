import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DeviceErrorKind } from '#contract/device-errors.ts'
import { errorCodes } from '#contract/errors.ts'
import { qualityCodes } from '#contract/quality.ts'
import { en } from './en.ts'
import { localText } from './local-text.ts'
import { zhCn } from './zh-cn.ts'

function leaves(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : leaves(value, `${path}${key}.`),
  )
}

const withoutForm = (key: string): string => key.replace(/_(one|other)$/, '')
const keysOf = (tree: object): string[] => [...new Set(leaves(tree).map(([key]) => withoutForm(key)))].sort()

test('both languages have the same keys', () => {
  expect(keysOf(en)).toEqual(keysOf(zhCn))
  expect(keysOf(zhCn).length).toBeGreaterThan(100)
})

test('both languages put the same values into a text', () => {
  const slots = (text: string): string =>
    [...text.matchAll(/\{\{(\w+)\}\}/g)]
      .map(([, name]) => name)
      .sort()
      .join()
  const chinese = new Map(leaves(zhCn).map(([key, text]) => [withoutForm(key), slots(text)]))
  const different = leaves(en).filter(([key, text]) => chinese.get(withoutForm(key)) !== slots(text))
  expect(different).toEqual([])
})

test('every error code and every reason of bad quality has words', () => {
  expect(Object.keys(zhCn.errorCode)).toEqual(expect.arrayContaining(Object.keys(errorCodes)))
  const reasons = Object.keys(qualityCodes).flatMap((word) => word.split(':')[1] ?? [])
  expect(Object.keys(zhCn.reason)).toEqual(expect.arrayContaining(reasons))
})

test('every kind of error of a device has words and an advice', () => {
  const kinds = DeviceErrorKind.anyOf.map((one) => one.const).sort()
  expect(Object.keys(zhCn.deviceErrors.kind).sort()).toEqual(kinds)
  expect(Object.keys(zhCn.deviceErrors.advice).sort()).toEqual(kinds)
})

test('every text that the code asks for by a constant key exists', () => {
  const known = new Set(keysOf(zhCn))
  const asked = sources().flatMap(([file, text]) =>
    [...text.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map(([, key = '']) => [file, key] as const),
  )
  expect(asked.length).toBeGreaterThan(50)
  expect(asked.filter(([, key]) => !known.has(key))).toEqual([])
})

test('no text that nobody asks for', () => {
  const code = sources()
    .map(([, text]) => text)
    .join('\n')
  const unused = keysOf(zhCn).filter((key) => {
    const group = key.slice(0, key.lastIndexOf('.'))
    return !code.includes(`'${key}'`) && !code.includes(`\`${group}.\${`)
  })
  expect(unused).toEqual([])
})

test('no Chinese outside the dictionary', () => {
  const strays = sources().filter(([, text]) => /\p{Script=Han}/u.test(text))
  expect(strays.map(([file]) => file)).toEqual([])
})

test('a name is shown in the reader’s language, in the other one, or as its id', () => {
  expect(localText({ zh: '电表', en: 'Meter' }, 'en', 'x')).toBe('Meter')
  expect(localText({ zh: '电表' }, 'en', 'x')).toBe('电表')
  expect(localText(undefined, 'zh-CN', 'x')).toBe('x')
})

/** Every source file that is neither a dictionary nor a test. */
function sources(): [string, string][] {
  return globSync('cloud/console/src/**/*.{ts,tsx}')
    .filter((file) => !/\.test\.ts$|i18n\/(zh-cn|en)\.ts$/.test(file))
    .map((file) => [file, readFileSync(file, 'utf8')])
}
