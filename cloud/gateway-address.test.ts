import { expect, test } from 'vitest'
import { gatewayUrl } from './gateway-address.ts'

const mqtt = { host: '::', port: 8883 }

test.each([
  [
    'what the operator says',
    { given: 'mqtts://a.example:9', hostNames: ['b.example'], mqtt },
    'mqtts://a.example:9',
  ],
  [
    'a name of the certificate',
    { given: undefined, hostNames: ['b.example', 'c'], mqtt },
    'mqtts://b.example:8883',
  ],
  [
    'the address it listens on',
    { given: undefined, hostNames: [], mqtt: { host: '10.1.2.3', port: 1 } },
    'mqtts://10.1.2.3:1',
  ],
  [
    'an IPv6 address in brackets',
    { given: undefined, hostNames: [], mqtt: { host: '2001:db8::1', port: 8883 } },
    'mqtts://[2001:db8::1]:8883',
  ],
  ['the name by which it is asked', { given: undefined, hostNames: [], mqtt }, 'mqtts://asked.example:8883'],
])('gateways are told %s', (_what, address, url) => {
  expect(gatewayUrl(address, 'asked.example')).toBe(url)
})
