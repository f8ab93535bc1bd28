import { describe, expect, test } from 'vitest'
import { good, qualityCodes } from '#contract/quality.ts'
import { decodeEvent, type OnvifMessage, topicSegments } from './decode-event.ts'
import { cameraDevice, eventOf, pointOf } from './fixtures/devices.ts'

const message = (topic: string, more: Partial<OnvifMessage> = {}): OnvifMessage => ({
  ...{ topic, operation: 'Changed', source: {}, data: {} },
  ...more,
})
const seen = (input: OnvifMessage, device = cameraDevice(), tokens?: ReadonlyMap<string, number>) =>
  decodeEvent(input, device, tokens).map(({ point, value, quality }) => [point, value, quality])

test.each([
  ['tns1:RuleEngine/CellMotionDetector/Motion', 'RuleEngine/CellMotionDetector/Motion'],
  ['tns1:RuleEngine/CellMotionDetector/Motion//.', 'RuleEngine/CellMotionDetector/Motion'],
  ['tns1:RuleEngine/CellMotionDetector/Motion/.', 'RuleEngine/CellMotionDetector/Motion'],
  ['tns1:Device/tnsaxis:IO/Port', 'Device/IO/Port'],
  [' RuleEngine/LineDetector/Crossed. ', 'RuleEngine/LineDetector/Crossed'],
  ['', ''],
])('%s is %s', (topic, plain) => {
  expect(topicSegments(topic).join('/')).toBe(plain)
})

describe('a state', () => {
  const cell = (value: string) =>
    message('tns1:RuleEngine/CellMotionDetector/Motion', { data: { IsMotion: value } })
  test.each([
    ['true', true, good],
    ['1', true, good],
    ['False', false, good],
    ['maybe', null, qualityCodes['bad:map']],
  ])('%s is %s', (word, value, quality) => {
    expect(seen(cell(word))).toEqual([['motion', value, quality]])
  })
  test('is found under the second name, and whatever its capitals', () => {
    const topic = 'tns1:RuleEngine/CellMotionDetector/Motion'
    expect(seen(message(topic, { data: { State: '1' } }))).toEqual([['motion', true, good]])
    expect(seen(message(topic, { data: { isMotion: 'true' } }))).toEqual([['motion', true, good]])
  })
  test('that is deleted is over', () => {
    const topic = 'tns1:RuleEngine/FieldDetector/ObjectsInside'
    expect(seen(message(topic, { operation: 'Deleted' }))).toEqual([['intrusion', false, good]])
  })
  test('without the item says nothing', () => {
    expect(seen(message('tns1:VideoSource/MotionAlarm', { data: { Other: 'true' } }))).toEqual([])
  })
  test('of two rules is two instances, of the same rule one, whatever items are ignored', () => {
    const device = cameraDevice({
      address: { channels: { ...cameraDevice().address.channels, ignoreItems: ['DetectWindow'] } },
    })
    const instance = (source: Record<string, string>) =>
      decodeEvent({ ...cell('true'), source: { VideoSourceConfigurationToken: '000', ...source } }, device)[0]
        ?.instance
    expect(instance({ Rule: 'A' })).not.toBe(instance({ Rule: 'B' }))
    expect(instance({ Rule: 'A', DetectWindow: '0' })).toBe(instance({ DetectWindow: '1', Rule: 'A' }))
  })
})

describe('a topic', () => {
  test('matches * with exactly one segment', () => {
    const changed = (topic: string) => seen(message(topic, { data: { State: 'true' } }))
    expect(changed('tns1:VideoSource/GlobalSceneChange/ImagingService')).toHaveLength(1)
    expect(changed('tns1:VideoSource/GlobalSceneChange')).toEqual([])
    expect(changed('tns1:VideoSource/GlobalSceneChange/ImagingService/More')).toEqual([])
  })
  test('that the profile does not know says nothing', () => {
    expect(seen(message('tns1:Monitoring/OperatingTime/LastReboot', { data: { Status: 'x' } }))).toEqual([])
  })
})

describe('a pulse', () => {
  const crossed = message('tns1:RuleEngine/LineDetector/Crossed', { data: { ObjectId: '7' } })
  test('is an event, not when it only tells the present state', () => {
    expect(seen(crossed)).toEqual([['line_crossed', true, good]])
    expect(seen({ ...crossed, operation: 'Initialized' })).toEqual([])
    expect(seen({ ...crossed, operation: 'Deleted' })).toEqual([])
  })
  test('needs no item', () => {
    expect(seen({ ...crossed, data: {} })).toEqual([['line_crossed', true, good]])
  })
})

test('a value is a number or bad', () => {
  const count = (text: string) =>
    seen(message('tns1:RuleEngine/CountAggregation/Counter', { data: { Count: text } }))
  expect(count('12')).toEqual([['people.count', 12, good]])
  expect(count('many')).toEqual([['people.count', null, qualityCodes['bad:decode']]])
  expect(count('')).toEqual([['people.count', null, qualityCodes['bad:decode']]])
})

describe('an input', () => {
  const input = (token: string) =>
    message('tns1:Device/Trigger/DigitalInput', {
      ...{ source: { InputToken: token }, data: { LogicalState: '1' } },
    })
  test('has the number at the end of its token, or the one of the list', () => {
    expect(seen(input('AlarmIn_1'))).toEqual([['input.1', true, good]])
    expect(seen(input('front-door'), cameraDevice(), new Map([['front-door', 1]]))).toHaveLength(1)
  })
  test('that the device does not have says nothing', () => {
    expect(seen(input('AlarmIn_2'))).toEqual([])
    expect(seen(input('door'))).toEqual([])
  })
})

describe('a channel of a recorder', () => {
  const motion = (token: string) =>
    message('tns1:VideoSource/MotionAlarm', { source: { Source: token }, data: { State: '1' } })
  const second = (tokenMap: 'auto' | [string, number][]) =>
    cameraDevice({ address: { channel: 2, channels: { ...cameraDevice().address.channels, tokenMap } } })
  test('hears its own events, by the profile’s pairs or the camera’s list', () => {
    const pairs = second([
      ['00000', 1],
      ['00100', 2],
    ])
    expect(seen(motion('00100'), pairs)).toHaveLength(1)
    expect(seen(motion('00000'), pairs)).toEqual([])
    const list = new Map([
      ['VS_A', 1],
      ['VS_B', 2],
    ])
    expect(seen(motion('VS_B'), second('auto'), list)).toHaveLength(1)
    expect(seen(motion('VS_A'), second('auto'), list)).toEqual([])
  })
  test('does not take over what nobody can place', () => {
    expect(seen(motion('stranger'), second('auto'))).toEqual([])
  })
})

describe('quirks', () => {
  test('percent_cpu: usage comes as 0…100', () => {
    const events = [eventOf('Monitoring/ProcessorUsage', { data: ['Value'], point: 'x.cpu', mode: 'value' })]
    const points = [pointOf('x.cpu', { kind: 'num' })]
    const usage = message('tns1:Monitoring/ProcessorUsage', { data: { Value: '35' } })
    const device = (quirks: 'percent_cpu'[]) => cameraDevice({ points, address: { events, quirks } })
    expect(seen(usage, device(['percent_cpu']))).toEqual([['x.cpu', 0.35, good]])
    expect(seen(usage, device([]))).toEqual([['x.cpu', 35, good]])
  })
  test('only_true: a state falls back by itself even where the map says nothing', () => {
    const tamper = message('tns1:VideoSource/GlobalSceneChange/AnalyticsService', { data: { State: 'true' } })
    const device = cameraDevice({ address: { quirks: ['only_true'] } })
    expect(decodeEvent(tamper, device)[0]?.holdMs).toBe(30_000)
    expect(decodeEvent(tamper, cameraDevice())[0]?.holdMs).toBeUndefined()
  })
})
