import { expect, test } from 'vitest'
import { parseEnrolmentCode, plainFingerprint } from './enrolment-code.ts'

const token = 'a'.repeat(43)
const pin = '0123456789abcdef'.repeat(4)

test.each([
  [
    `mqtts://campus.example:8883/${token}/${pin}`,
    { url: 'mqtts://campus.example:8883', token, caFingerprint: pin },
  ],
  [
    `  mqtts://[2001:db8::1]:8883/${token}/${pin}\n`,
    { url: 'mqtts://[2001:db8::1]:8883', token, caFingerprint: pin },
  ],
  [`mqtts://campus.example/${token}`, { url: 'mqtts://campus.example', token }],
])('%s is taken apart', (text, code) => {
  expect(parseEnrolmentCode(text)).toEqual({ ok: true, code })
})

test.each([
  '',
  token,
  `mqtt://campus.example/${token}/${pin}`,
  `https://campus.example/${token}/${pin}`,
  `mqtts://campus.example/short/${pin}`,
  `mqtts://campus.example/${token}/${pin.slice(1)}`,
  `mqtts://campus.example/${token}/${pin}/more`,
  `mqtts:///${token}/${pin}`,
  `mqtts://a b/${token}/${pin}`,
  `mqtts://campus.example:99999/${token}/${pin}`,
])('%j is refused with what is expected', (text) => {
  expect(parseEnrolmentCode(text)).toEqual({
    ok: false,
    problem: expect.stringContaining('expected mqtts://'),
  })
})

test('a fingerprint may be written as other tools show it', () => {
  expect(plainFingerprint(pin.toUpperCase().replaceAll(/..(?!$)/g, '$&:'))).toBe(pin)
})
