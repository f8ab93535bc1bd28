import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Program } from '../../tests/support/program.ts'
import {
  batchOf,
  connectGateway,
  numbersOf,
  startTestIngest,
  storedSeqs,
  type TestGateway,
} from '../../tests/support/test-ingest.ts'

const epoch = 1_700_000_000 * 65_536
const samplesPerMessage = 20
const outstanding = 8

/** Sends batches, at most `outstanding` unacknowledged, until the connection ends. Returns the last number tried. */
async function pump(gateway: TestGateway, from: number, acked: Set<number>): Promise<number> {
  let next = from
  let ended = false
  void gateway.closed.then(() => {
    ended = true
  })
  const waiting = new Set<number>()
  gateway.onDelivery = (message) => {
    if (message.kind !== 'ack') return
    for (const name of numbersOf(message)) {
      const seq = Number(name.split('/').at(-1))
      acked.add(seq)
      waiting.delete(seq)
    }
  }
  while (!ended) {
    if (waiting.size < outstanding * samplesPerMessage) {
      const last = next + samplesPerMessage - 1
      for (let seq = next; seq <= last; seq++) waiting.add(seq)
      gateway.publish('backfill', batchOf(epoch, next, last)).catch(() => {})
      next = last + 1
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return next - 1
}

test('kill -9 in the middle: nothing acknowledged is missing, nothing is stored twice', {
  timeout: 60_000,
}, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'ingest-killed-'))
  const acked = new Set<number>()
  let last = 0
  for (const afterMs of [120, 333, 60, 210, 15]) {
    await using program = new Program({
      name: 'ingest',
      args: ['tests/support/ingest-process.ts', folder.path],
    })
    const [, port] = await program.sees(/port=(\d+)/)
    const ca = await readFile(join(folder.path, 'tls', 'ca.pem'), 'utf8')
    await using gateway = await connectGateway({
      host: '127.0.0.1',
      port: Number(port),
      ca,
      gateway: 'school-a',
    })
    const pumping = pump(gateway, last + 1, acked)
    await sleep(afterMs)
    await program.kill9()
    last = await pumping
  }
  expect(acked.size).toBeGreaterThan(200)
  expect(acked.size).toBeLessThan(last)

  await using ingest = await startTestIngest({ folder: folder.path })
  const stored = await storedSeqs(ingest.telemetry, 'school-a')
  expect(new Set(stored).size).toBe(stored.length)
  const present = new Set(stored)
  expect([...acked].filter((seq) => !present.has(seq))).toEqual([])

  await using gateway = await ingest.connect('school-a')
  for (let first = 1; first <= last; first += 1000) {
    const end = Math.min(first + 999, last)
    await gateway.publish('backfill', batchOf(epoch, first, end))
    await gateway.acknowledged({ stream: 'telemetry', epoch, firstSeq: first, lastSeq: end })
  }
  expect(await storedSeqs(ingest.telemetry, 'school-a')).toEqual(
    Array.from({ length: last }, (_, index) => index + 1),
  )
  const ranges = await ingest.db.selectFrom('received_ranges').select(['first_seq', 'last_seq']).execute()
  expect(ranges).toEqual([{ first_seq: 1, last_seq: last }])
})
