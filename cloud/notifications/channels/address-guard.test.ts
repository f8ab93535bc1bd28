import { expect, test } from 'vitest'
import { type AddressRules, addressProblem, urlProblem } from './address-guard.ts'

const strict: AddressRules = { hosts: [], privateAddresses: false }
const lan: AddressRules = { hosts: [], privateAddresses: true }
const problemOf = (url: string, rules = strict) => urlProblem(new URL(url), rules)

test.each([
  '127.0.0.1',
  '10.1.2.3',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '::1',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:a00:1',
])('%s is out of reach unless private addresses are allowed', (address) => {
  expect(addressProblem(address, strict)).toContain('private')
  expect(addressProblem(address, lan)).toBeUndefined()
})

test.each([
  '0.0.0.0',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  'fe80::1',
  'ff02::1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '::ffff:169.254.169.254',
  'not an address',
])('%s is never an address to send to', (address) => {
  expect(addressProblem(address, lan)).toBeDefined()
})

test.each(['8.8.8.8', '2400:3200::1', '172.32.0.1', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(addressProblem(address, strict)).toBeUndefined()
})

test('an address in any writing is seen for what it is', () => {
  // URL itself turns these into 127.0.0.1.
  for (const host of ['2130706433', '0x7f.1', '127.1', '0177.0.0.1'])
    expect(problemOf(`https://${host}/`)).toContain('127.0.0.1 is a private address')
  expect(problemOf('https://[::ffff:10.0.0.1]/')).toContain('private')
})

test('plain http only inside the own network; no passwords in an address', () => {
  expect(problemOf('http://hooks.example.cn/')).toContain('https')
  expect(problemOf('http://10.0.0.1/', lan)).toBeUndefined()
  expect(problemOf('ftp://10.0.0.1/', lan)).toContain('https')
  expect(problemOf('https://li:secret@hooks.example.cn/')).toContain('password')
})

test('with a list of hosts, those alone', () => {
  const rules = { hosts: ['hooks.example.cn', '*.school.cn'], privateAddresses: false }
  expect(problemOf('https://hooks.example.cn/x', rules)).toBeUndefined()
  expect(problemOf('https://a.b.school.cn/', rules)).toBeUndefined()
  for (const other of ['school.cn', 'evilschool.cn', 'x.hooks.example.cn', 'school.cn.evil.com'])
    expect(problemOf(`https://${other}/`, rules)).toContain('not among')
})
