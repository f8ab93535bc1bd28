import { expect, test } from 'vitest'
import { AppError } from '#contract/errors.ts'
import type { Question, Reply, ReplyBody, Request } from '#contract/request.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { type AnswerContext, answerRequests } from './answer-requests.ts'

type Work = (question: Question, context: AnswerContext) => Promise<ReplyBody>

function start(work: Work) {
  const replies: Reply[] = []
  const handler = answerRequests({
    commissioner: {
      placeOf: (question) => (question.kind === 'scan' ? `bus ${question.bus}` : undefined),
      answer: work,
    },
    reply: (reply) => void replies.push(reply),
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
  })
  const ask = (id: string, question: Question, forMs = 10_000) =>
    handler.handle({ v: 1, id, expiresAt: Date.now() + forMs, ...question } as Request)
  return { ask, replies, [Symbol.asyncDispose]: () => handler[Symbol.asyncDispose]() }
}

const scan = (bus: string): Question => ({ kind: 'scan', bus, first: 1, last: 32 })
const scanBody = (done: number): ReplyBody => ({ kind: 'scan', done, total: 32, units: [] })
const lastOf = (replies: readonly Reply[], id: string) => replies.find((one) => one.id === id && one.last)

test('parts are numbered, the last one says so, and an equal id is answered once', async () => {
  await using gateway = start(async (_, { progress }) => {
    progress(scanBody(10))
    return scanBody(32)
  })
  gateway.ask('a', scan('plant'))
  gateway.ask('a', scan('plant'))
  await waitFor(() => expect(lastOf(gateway.replies, 'a')).toBeDefined())
  expect(gateway.replies.map((one) => [one.part, one.last, one.ok])).toEqual([
    [0, false, true],
    [1, true, true],
  ])
})

test('a request that comes too late is refused and nothing is done', async () => {
  let asked = 0
  await using gateway = start(async () => {
    asked++
    return scanBody(1)
  })
  gateway.ask('late', scan('plant'), -1)
  await waitFor(() =>
    expect(lastOf(gateway.replies, 'late')).toMatchObject({ ok: false, code: 'COMMAND_EXPIRED' }),
  )
  expect(asked).toBe(0)
})

test('a bus does one heavy thing at a time, another bus goes on, and afterwards it is free again', async () => {
  const { promise: release, resolve } = Promise.withResolvers<void>()
  await using gateway = start(async (question) => {
    if (question.kind === 'scan' && question.bus === 'plant') await release
    return scanBody(32)
  })
  gateway.ask('first', scan('plant'))
  gateway.ask('second', scan('plant'))
  gateway.ask('other', scan('roof'))
  await waitFor(() => expect(lastOf(gateway.replies, 'second')).toMatchObject({ ok: false, code: 'BUSY' }))
  await waitFor(() => expect(lastOf(gateway.replies, 'other')).toMatchObject({ ok: true }))
  expect(lastOf(gateway.replies, 'first')).toBeUndefined()
  resolve()
  await waitFor(() => expect(lastOf(gateway.replies, 'first')).toMatchObject({ ok: true }))
  gateway.ask('third', scan('plant'))
  await waitFor(() => expect(lastOf(gateway.replies, 'third')).toMatchObject({ ok: true }))
})

test('cancelling ends a scan with what it has; so does its own time', async () => {
  await using gateway = start(async (_, { signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    return scanBody(7)
  })
  gateway.ask('slow', scan('plant'))
  gateway.ask('stop', { kind: 'cancel', request: 'slow' })
  await waitFor(() => expect(lastOf(gateway.replies, 'slow')).toMatchObject({ body: { done: 7 } }))
  expect(lastOf(gateway.replies, 'stop')).toMatchObject({ body: { kind: 'cancel', found: true } })
  gateway.ask('short', scan('roof'), 50)
  await waitFor(() => expect(lastOf(gateway.replies, 'short')).toMatchObject({ body: { done: 7 } }))
})

test('a refusal carries its problems; what nobody foresaw shows nothing of the inside', async () => {
  const problems = [{ path: 'unit', message: 'expected an integer from 1 to 247' }]
  await using gateway = start(async ({ kind }) => {
    if (kind === 'add-device') throw new AppError('CONFIG_INVALID', 'no', { details: { problems } })
    throw new TypeError('/home/gateway/secret')
  })
  gateway.ask('bad', { kind: 'add-device', device: {} })
  gateway.ask('bug', { kind: 'buses' })
  await waitFor(() => expect(gateway.replies).toHaveLength(2))
  expect(lastOf(gateway.replies, 'bad')).toMatchObject({ ok: false, code: 'CONFIG_INVALID', problems })
  expect(lastOf(gateway.replies, 'bug')).toMatchObject({ ok: false, code: 'INTERNAL' })
  expect(JSON.stringify(gateway.replies)).not.toContain('secret')
})
