import { describe, expect, test } from 'vitest'
import type { Command } from '#contract/command.ts'
import { qualityCodes } from '#contract/quality.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import type { LocalBus, LocalMessage } from './local-bus.ts'
import { readCommand, startLocalFeed } from './local-feed.ts'
import { topicMatches } from './topic-filter.ts'

/** Our own seam, in memory. */
function createBus() {
  const sent: { topic: string; payload: string; retain: boolean }[] = []
  const handlers = new Map<string, (message: LocalMessage) => void>()
  let watcher: (up: boolean) => void = () => {}
  let audience: (listening: boolean) => void = () => {}
  const bus: LocalBus = {
    subscribe(filter, handler) {
      handlers.set(filter, handler)
      return () => handlers.delete(filter)
    },
    async publish(topic, payload, { retain = false } = {}) {
      sent.push({ topic, payload: String(payload), retain })
    },
    watch(handler) {
      watcher = handler
      handler(true)
      return () => {}
    },
    watchAudience(_root, handler) {
      audience = handler
      handler(true)
      return () => {}
    },
    async [Symbol.asyncDispose]() {},
  }
  const receive = (topic: string, payload: string, retained = false) => {
    for (const [filter, handler] of handlers) {
      if (topicMatches(filter, topic)) handler({ topic, payload: Buffer.from(payload), retained })
    }
  }
  return {
    bus,
    sent,
    receive,
    connected: (up: boolean) => watcher(up),
    listening: (anybody: boolean) => audience(anybody),
  }
}

function start() {
  const link = createBus()
  const commands: Command[] = []
  const feed = startLocalFeed({
    bus: link.bus,
    clock: new FakeClock(1_000_000),
    log: createLogger({ level: 'silent' }),
    handleCommand: async (command) => {
      commands.push(command)
      return {
        kind: 'command-result',
        id: command.id,
        point: command.point,
        state: 'done',
        at: 5,
        verified: true,
      }
    },
  })
  return { ...link, feed, commands }
}

const sample = { point: 'meter-1/power', t: 5, value: 1.5, quality: qualityCodes.good }

test('a sample is published retained with its quality in words', () => {
  const { feed, sent } = start()
  feed.publishSample(sample)
  feed.publishSample({ ...sample, value: null, quality: qualityCodes['bad:timeout'] })
  expect(sent).toEqual([
    { topic: 'points/meter-1/power', payload: '{"t":5,"value":1.5,"quality":"good"}', retain: true },
    {
      topic: 'points/meter-1/power',
      payload: '{"t":5,"value":null,"quality":"bad","reason":"timeout"}',
      retain: true,
    },
  ])
})

test('history from a device’s memory is not shown as the present value', () => {
  const { feed, sent } = start()
  feed.publishSample({ ...sample, late: true })
  expect(sent).toEqual([])
})

test('nothing is said while nobody listens; who comes gets the last word on each point', () => {
  const { feed, sent, listening } = start()
  listening(false)
  feed.publishSample(sample)
  feed.publishSample({ ...sample, value: 2 })
  feed.publishSample({ ...sample, point: 'meter-1/voltage' })
  expect(sent).toEqual([])
  listening(true)
  expect(sent.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
    'points/meter-1/power {"t":5,"value":2,"quality":"good"}',
    'points/meter-1/voltage {"t":5,"value":1.5,"quality":"good"}',
  ])
})

test('what was said while the broker was away is said when it is back, the last word only', () => {
  const { feed, sent, connected } = start()
  connected(false)
  feed.publishSample(sample)
  feed.publishSample({ ...sample, value: 2 })
  expect(sent).toEqual([])
  connected(true)
  expect(sent.map((one) => one.payload)).toEqual(['{"t":5,"value":2,"quality":"good"}'])
})

test('a command is handed on with its expiry, and the result goes back under the sender’s id', async () => {
  const { receive, commands, sent } = start()
  receive('commands/relay-1/relay.1', '{"value":true,"id":"a1","expiresInS":10}')
  expect(commands).toEqual([
    { v: 1, id: 'local:a1', point: 'relay-1/relay.1', value: true, expiresAt: 1_010_000, by: 'local' },
  ])
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({ topic: 'commands/relay-1/relay.1/result', retain: false })
  expect(JSON.parse(sent[0]?.payload ?? '')).toMatchObject({ id: 'a1', state: 'done', verified: true })
})

test('whoever made the flow may say yes to a risk', () => {
  const { receive, commands } = start()
  receive('commands/relay-1/relay.1', '{"value":true,"confirm":true}')
  expect(commands).toMatchObject([{ value: true, confirmed: true }])
})

test('a retained command and a result are not commands', () => {
  const { receive, commands } = start()
  receive('commands/relay-1/relay.1', 'true', true)
  receive('commands/relay-1/relay.1/result', '{"value":true}')
  expect(commands).toEqual([])
})

test('a command that makes no sense is rejected to its sender', () => {
  const { receive, commands, sent } = start()
  receive('commands/relay-1/relay.1', '{"value":[1]}')
  expect(commands).toEqual([])
  expect(JSON.parse(sent[0]?.payload ?? '')).toMatchObject({ state: 'rejected', code: 'MESSAGE_INVALID' })
})

describe('readCommand', () => {
  test.each([
    ['true', true],
    ['21.5', 21.5],
    ['"auto"', 'auto'],
    ['auto', 'auto'],
    ['{"value":3}', 3],
  ])('%s means %s', (text, value) => {
    expect(readCommand(Buffer.from(text))).toMatchObject({ ok: true, value })
  })

  test.each([
    '',
    'null',
    '[1]',
    '{"value":1,"extra":2}',
    '{"value":1,"id":""}',
    '{"value":1,"expiresInS":0}',
    '{"value":1,"confirm":"yes"}',
    '1e999',
  ])('%s is refused with a reason', (text) => {
    expect(readCommand(Buffer.from(text))).toMatchObject({ ok: false, reason: expect.any(String) })
  })

  test('an oversized payload is refused', () => {
    expect(readCommand(Buffer.alloc(3000, 'x'))).toMatchObject({ ok: false })
  })
})
