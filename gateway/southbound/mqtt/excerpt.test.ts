import { expect, test } from 'vitest'
import { excerptOf } from './excerpt.ts'

const of = (text: string) => excerptOf(Buffer.from(text))

test.each([
  ['{"user":"a","password":"top-1","x":1}', '{"user":"a","password":***,"x":1}'],
  ['{"wifi_pwd" : "top-1\\"more"}', '{"wifi_pwd" : ***}'],
  ['{"nwkSKey":"00112233","appKey":"44"}', '{"nwkSKey":***,"appKey":***}'],
  ['token=abc.def&t=5', 'token=***&t=5'],
  ["{'api_key': 'top-1', 't': 5}", "{'api_key': ***, 't': 5}"],
  ['{"uid":"04a1b2","pin_code":1234}', '{"uid":***,"pin_code":***}'],
  // The end of the payload, or of what is looked at, ends the secret as well.
  ['{"psk":"top-1', '{"psk":***'],
  ['Authorization: Bearer', 'Authorization: ***'],
])('%s is shown without its secret', (text, shown) => {
  expect(of(text)).toBe(shown)
})

test('a secret behind the first sixty characters begins nowhere', () => {
  expect(of(`${'x'.repeat(55)}"password":"top-1"`)).not.toContain('top')
  expect(of(`{"password":"${'s'.repeat(5_000)}`)).toBe('{"password":***')
})

test('bytes become one short printable line', () => {
  expect(excerptOf(Uint8Array.from([0, 1, 65, 10, 27]))).toBe('··A··')
  expect(of('光照 420 lx')).toBe('光照 420 lx')
  expect([...of('温'.repeat(100))]).toHaveLength(60)
  expect(excerptOf(new Uint8Array())).toBe('')
})
