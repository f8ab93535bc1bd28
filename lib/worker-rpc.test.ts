import { expect, test } from 'vitest'
import type { FixtureMethods } from './fixtures/worker-rpc-worker.ts'
import { startWorker, WorkerError } from './worker-rpc.ts'

const url = new URL('./fixtures/worker-rpc-worker.ts', import.meta.url)

test('a call is answered with what the method returned or resolved', async () => {
  await using worker = startWorker<FixtureMethods>(url)
  expect(await worker.call('double', 21)).toBe(42)
  expect(await Promise.all([worker.call('later', 'a'), worker.call('later', 'b')])).toEqual(['A', 'B'])
})

test('an error keeps its name, message, code, errcode and details', async () => {
  await using worker = startWorker<FixtureMethods>(url)
  const error = await worker.call('fail', 'NOT_FOUND').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(WorkerError)
  expect(error).toMatchObject({
    name: 'TypeError',
    message: 'no such thing',
    code: 'NOT_FOUND',
    errcode: 13,
    details: { a: 1 },
  })
})

test('buffers move both ways without a copy', async () => {
  await using worker = startWorker<FixtureMethods>(url)
  const bytes = new Uint8Array([1, 2, 3])
  const back = await worker.call('bytes', bytes, [bytes.buffer])
  expect(bytes.byteLength).toBe(0)
  expect([...back]).toEqual([1, 2, 3])
})

test('calls in hand and later ones are rejected when the thread ends by itself', async () => {
  await using worker = startWorker<FixtureMethods>(url)
  const hanging = worker.call('hang', undefined)
  worker.call('die', undefined).catch(() => {})
  await expect(hanging).rejects.toMatchObject({ code: 'WORKER_EXITED' })
  await expect(worker.call('double', 1)).rejects.toMatchObject({ code: 'WORKER_EXITED' })
  expect(await worker.exited).toBeInstanceOf(Error)
})

test('disposing ends the thread even when a method never answers', async () => {
  const worker = startWorker<FixtureMethods>(url, { closeWithinMs: 50 })
  const hanging = worker.call('hang', undefined)
  hanging.catch(() => {})
  await worker[Symbol.asyncDispose]()
  await expect(hanging).rejects.toMatchObject({ code: 'WORKER_EXITED' })
  expect(await worker.exited).toBeUndefined()
})
