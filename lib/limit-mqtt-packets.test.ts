import { expect, test } from 'vitest'
import { createLengthCheck } from './limit-mqtt-packets.ts'

/** PUBLISH with `length` bytes after the fixed header. */
function packet(length: number): Uint8Array {
  const header = [0x30]
  let rest = length
  do {
    header.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Uint8Array.from([...header, ...new Array<number>(length).fill(0xff)])
}

test('packets up to the limit pass in any split', () => {
  const bytes = Buffer.concat([packet(0), packet(127), packet(128), packet(1000), packet(2)])
  for (const step of [1, 2, 3, 7, 129, 5000]) {
    const check = createLengthCheck(1000)
    for (let at = 0; at < bytes.length; at += step) {
      expect(check(bytes.subarray(at, at + step))).toBeUndefined()
    }
  }
})

test('a packet over the limit is refused before its body is there', () => {
  const check = createLengthCheck(1000)
  expect(check(packet(1000))).toBeUndefined()
  expect(check(packet(1001).subarray(0, 3))).toBe('packet of more than 1000 bytes')
})

test('a length of five bytes is malformed', () => {
  expect(createLengthCheck(300_000_000)(Uint8Array.from([0x30, 0x80, 0x80, 0x80, 0x80]))).toBe(
    'malformed packet length',
  )
})
