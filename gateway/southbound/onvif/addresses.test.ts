import { expect, test } from 'vitest'
import { snapshotAddresses, usableAddress } from './addresses.ts'

const place = { host: '192.168.1.64', port: 8000 }
const usable = (text: string, host: 'advertised' | 'device' = 'device') =>
  usableAddress(text, place, host)?.href

test.each([
  ['http://10.0.0.9:80/onvif/events?x=1', 'http://192.168.1.64:8000/onvif/events?x=1'],
  ['/onvif/subscription/7', 'http://192.168.1.64:8000/onvif/subscription/7'],
  ['http://0.0.0.0/onvif/subscription/7', 'http://192.168.1.64:8000/onvif/subscription/7'],
  ['rtsp://10.0.0.9:554/Streaming/Channels/101', 'rtsp://192.168.1.64:554/Streaming/Channels/101'],
  ['http://admin:secret@10.0.0.9/x', 'http://192.168.1.64:8000/x'],
  ['rtsp://admin:secret@10.0.0.9/x', 'rtsp://192.168.1.64/x'],
])('%s becomes %s', (text, address) => {
  expect(usable(text)).toBe(address)
})

test('an advertised host is kept where the profile says so, unless it is no host', () => {
  expect(usable('http://10.0.0.9:81/x', 'advertised')).toBe('http://10.0.0.9:81/x')
  expect(usable('/x', 'advertised')).toBe('http://192.168.1.64:8000/x')
  expect(usable('http://0.0.0.0:81/x', 'advertised')).toBe('http://192.168.1.64:8000/x')
})

test.each(['', '  ', 'http://'])('%j is no address', (text) => {
  expect(usable(text)).toBeUndefined()
})

test('a picture is looked for at the port it names, then at the one that answers', () => {
  const hrefs = (text: string, rewrite: boolean) =>
    snapshotAddresses(text, place, rewrite).map(({ href }) => href)
  expect(hrefs('http://10.0.0.9:81/snap.jpg', true)).toEqual([
    'http://192.168.1.64:81/snap.jpg',
    'http://192.168.1.64:8000/snap.jpg',
  ])
  expect(hrefs('http://192.168.1.64:8000/snap.jpg', true)).toEqual(['http://192.168.1.64:8000/snap.jpg'])
  expect(hrefs('http://10.0.0.9:81/snap.jpg', false)).toEqual(['http://10.0.0.9:81/snap.jpg'])
})

test('works over IPv6', () => {
  const six = { host: 'fd00::64', port: 80 }
  expect(usableAddress('http://10.0.0.9/x', six, 'device')?.href).toBe('http://[fd00::64]/x')
})
