import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import type { MqttLink, MqttMessage } from '../mqtt-link.ts'
import { Discovery } from './discovery.ts'

/** The seam in memory: what is counted here are reads, not deliveries. */
function createLink() {
  const handlers: ((message: MqttMessage) => void)[] = []
  const link: MqttLink = {
    subscribe(filter, handler) {
      if (filter.endsWith(filterEnd)) handlers.push(handler)
      return () => {}
    },
    publish: () => Promise.resolve(),
    watch: () => () => {},
  }
  const receive = (topic: string, payload: string) => {
    for (const handler of handlers) handler({ topic, payload: Buffer.from(payload), retained: false })
  }
  return { link, receive }
}
const filterEnd = '/event/up'

test('a stranger that speaks all the time is read once a minute, and strangers without end are bounded', () => {
  const { link, receive } = createLink()
  const clock = new FakeClock()
  const discovery = new Discovery({ link, configured: [], clock })
  discovery.listen()
  const up = (n: number, name: string) =>
    receive(
      `application/1/device/${n.toString(16).padStart(16, '0')}/event/up`,
      JSON.stringify({ deviceInfo: { deviceName: name } }),
    )
  up(1, 'first')
  up(1, 'renamed')
  expect(discovery.proposals([]).map(({ name }) => name)).toEqual(['first'])
  for (let n = 2; n < 700; n++) up(n, `device ${n}`)
  expect(discovery.proposals([])).toHaveLength(500)
  receive('application/1/device/00000000000000ff/event/up', '{"broken":')
  expect(discovery.proposals([])).toHaveLength(500)
})
