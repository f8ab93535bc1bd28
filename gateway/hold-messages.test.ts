import { expect, test } from 'vitest'
import { holdMessages, type Subscribable } from './hold-messages.ts'

type Message = { readonly text: string; readonly retained: boolean }

function start() {
  const handlers = new Set<{ filter: string; handler: (message: Message) => void }>()
  const bus: Subscribable<Message> = {
    subscribe(filter, handler) {
      const entry = { filter, handler }
      handlers.add(entry)
      return () => void handlers.delete(entry)
    },
  }
  const say = (filter: string, text: string, retained = false) => {
    for (const one of [...handlers]) if (one.filter === filter) one.handler({ text, retained })
  }
  return { ...holdMessages<Message, Subscribable<Message>>(bus), say, handlers }
}

test('what comes between two subscribers reaches the second, once and in order', () => {
  const { link, hold, release, say } = start()
  const heard: string[] = []
  const listen = () => link.subscribe('a', ({ text }) => void heard.push(text))
  const off = listen()
  say('a', '1')
  hold()
  off()
  say('a', '2')
  say('a', 'kept by the broker', true)
  say('b', 'somebody else’s')
  say('a', '3')
  listen()
  say('a', '4')
  release()
  say('a', '5')
  expect(heard).toEqual(['1', '2', '3', '4', '5'])
})

test('what nobody subscribes to again is let go, and without a swap an end is an end', () => {
  const { link, hold, release, say, handlers } = start()
  const heard: string[] = []
  const off = link.subscribe('a', ({ text }) => void heard.push(text))
  hold()
  off()
  say('a', 'lost')
  release()
  link.subscribe('a', ({ text }) => void heard.push(text))()
  expect([heard, handlers.size]).toEqual([[], 0])
})
