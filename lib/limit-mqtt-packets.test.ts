import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { waitFor } from '../tests/support/wait-for.ts'
import { createLengthCheck, limitMqttPackets } from './limit-mqtt-packets.ts'

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

function connected(limits: { maxBytes?: number; gatherMs?: number }) {
  const [near, far] = duplexPair()
  const arrived: string[] = []
  far.on('data', (chunk: Buffer) => arrived.push(chunk.toString()))
  return { far, arrived, limited: limitMqttPackets(near, { maxBytes: 1000, ...limits }) }
}

test('what comes passes through, until a packet is too long', async () => {
  const { far, limited } = connected({})
  const failed = once(limited, 'error')
  const seen: Uint8Array[] = []
  limited.on('data', (chunk: Uint8Array) => seen.push(chunk))
  far.write(packet(3))
  far.write(packet(1001))
  expect((await failed).map(String)).toEqual(['Error: packet of more than 1000 bytes'])
  expect(Buffer.concat(seen)).toEqual(Buffer.from(packet(3)))
})

test('answers given within the time leave together and in order', async () => {
  const { arrived, limited } = connected({ gatherMs: 200 })
  for (const word of ['one ', 'two ', 'three']) limited.write(word)
  expect(arrived).toEqual([])
  await waitFor(() => expect(arrived).toEqual(['one two three']))
})

test('a reader that is behind holds the writer back instead of filling the memory', async () => {
  const { far, arrived, limited } = connected({ gatherMs: 1 })
  far.pause()
  const all = 1_000_000
  let written = 0
  const write = () => {
    while (written < all && limited.write('x'.repeat(4000))) written += 4000
  }
  limited.on('drain', write)
  write()
  await sleep(30)
  expect(written).toBeLessThan(all / 2)
  far.resume()
  await waitFor(() => expect(arrived.join('').length).toBeGreaterThanOrEqual(all))
})

test('the last words are sent before the connection is cut', async () => {
  const { arrived, limited } = connected({ gatherMs: 1000 })
  limited.write('refused')
  limited.destroy()
  await waitFor(() => expect(arrived).toEqual(['refused']))
})
