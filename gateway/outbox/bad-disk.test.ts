import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { describeWithDiskFaults, diskFaults } from '../../tests/support/disk-faults.ts'
import { describeWithSmallDisk, mountSmallDisk } from '../../tests/support/small-disk.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { readEvents } from './fixtures/read-outbox.ts'
import { openOutbox } from './outbox.ts'
import { defaultOutboxSettings } from './outbox-config.ts'

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).pathname

describeWithDiskFaults('a disk that misbehaves', () => {
  test('every fsync takes 500 ms: the main thread does not feel it, an event is handed over at once', async () => {
    await using folder = await tempFolder()
    const faults = diskFaults(folder.path)
    faults.slow(500)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [fixture('slow-disk.ts'), folder.file('outbox.db'), '3000'],
      { env: { ...process.env, ...faults.env } },
    )
    const felt = JSON.parse(stdout)
    // The fault is really there …
    expect(felt.minDurableMs).toBeGreaterThan(450)
    // … and only the worker thread waits for it.
    expect(felt.p99LoopDelayMs).toBeLessThan(50)
    expect(felt.maxLoopDelayMs).toBeLessThan(250)
    expect(felt.maxAppendMs).toBeLessThan(50)
    expect(felt.maxHandOverMs).toBeLessThan(50)
    expect(felt.commits).toBeGreaterThan(5)
  }, 30_000)

  test('a full disk: nothing is reported durable, the program goes on, and all is there when room is back', async () => {
    await using folder = await tempFolder()
    const faults = diskFaults(folder.path)
    const child = spawn(process.execPath, [fixture('full-disk.ts'), folder.file('outbox.db')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...faults.env },
    })
    const exited = once(child, 'exit')
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const say = async (command: string): Promise<unknown> => {
      child.stdin.write(`${command}\n`)
      const { value } = await lines.next()
      return JSON.parse(String(value))
    }
    expect(await say('append 100')).toMatchObject({ durable: true })
    faults.refuse('ENOSPC')
    expect(await say('append 100')).toMatchObject({
      durable: false,
      failure: expect.stringMatching(/full|disk/i),
    })
    // More than the memory budget of 1,000: the oldest goes, and is accounted for.
    expect(await say('append 1500')).toMatchObject({ durable: false, offered: expect.any(Number) })
    faults.heal()
    expect(await say('settle')).toEqual({ values: 1_700 - 600, dropped: 600, reported: 600, offered: true })
    child.stdin.end()
    expect((await exited)[0]).toBe(0)
  }, 30_000)
})

describeWithSmallDisk('a disk without room for an empty file', () => {
  test('the outbox opens, hands everything over from memory, and writes it once there is room', async () => {
    await using folder = await tempFolder()
    using disk = mountSmallDisk(folder.file('disk'), '1m')
    disk.fill()
    const log = createLogger({ level: 'silent' })
    const path = folder.file('disk/outbox.db')
    await using outbox = await openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
    const offered: number[] = []
    outbox.subscribe({
      event: ({ seq }) => void offered.push(seq),
      batch: ({ seq }) => void offered.push(seq),
    })
    const durable = outbox.appendEvent({ kind: 'link', device: 'd', state: 'up', at: 1 })
    outbox.append([{ point: 'm/p', t: 1e12, value: 1, quality: 192 }])
    const flushed = outbox.flush()
    await waitFor(() => expect(outbox.stats().failure).toMatch(/full/), { everyMs: 10 })
    expect(offered).toContain(1)
    expect((await readEvents(outbox)).map(({ event }) => event.kind)).toEqual(['link'])
    disk.empty()
    await Promise.all([durable, flushed])
    expect(outbox.stats()).toMatchObject({
      failure: undefined,
      telemetry: { samples: 1 },
      events: { batches: 1 },
    })
  })
})
