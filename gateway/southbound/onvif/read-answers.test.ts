import { describe, expect, test } from 'vitest'
import { readSoap } from './onvif-package.ts'
import { at, messagesOf, referenceHeaders, remainingMs } from './read-answers.ts'

const pulled = (inside: string) => {
  const read = readSoap(
    `<s:Envelope xmlns:s="a" xmlns:tt='b'><s:Body><tev:PullMessagesResponse xmlns:tev="c">${inside}</tev:PullMessagesResponse></s:Body></s:Envelope>`,
    200,
  )
  if ('error' in read) throw read.error
  return at(read.data[0], 'pullMessagesResponse')
}
const message = (attributes: string, inside: string) =>
  `<wsnt:NotificationMessage><wsnt:Topic Dialect="x">tns1:A/B</wsnt:Topic><wsnt:Message><tt:Message ${attributes}>${inside}</tt:Message></wsnt:Message></wsnt:NotificationMessage>`

describe('messages', () => {
  test('keep their texts: a token of 000 is no number, true is no boolean', () => {
    const one = message(
      'UtcTime="2026-01-05T00:00:00Z" PropertyOperation="Changed"',
      '<tt:Source><tt:SimpleItem Name="Source" Value="000"/></tt:Source><tt:Data><tt:SimpleItem Name="State" Value="true"/><tt:SimpleItem Name="Level" Value="1.0"/></tt:Data>',
    )
    expect(messagesOf(pulled(one))).toEqual([
      {
        ...{ topic: 'tns1:A/B', operation: 'Changed', utcTime: '2026-01-05T00:00:00Z' },
        ...{ source: { Source: '000' }, key: {}, data: { State: 'true', Level: '1.0' } },
      },
    ])
  })
  test('may be none, one or many', () => {
    expect(messagesOf(pulled(''))).toEqual([])
    expect(messagesOf(pulled(message('', '').repeat(3)))).toHaveLength(3)
  })
  test.each([
    '<wsnt:NotificationMessage/>',
    '<wsnt:NotificationMessage><wsnt:Topic/></wsnt:NotificationMessage>',
    '<wsnt:NotificationMessage><wsnt:Topic>a</wsnt:Topic><wsnt:Message/></wsnt:NotificationMessage>',
    '<NotificationMessage>text</NotificationMessage>',
  ])('that say nothing are none: %s', (inside) => {
    expect(messagesOf(pulled(inside))).toEqual([])
  })
  test('without names or with names that mean something to JavaScript', () => {
    const items =
      '<tt:Data><tt:SimpleItem/><tt:SimpleItem Name="__proto__" Value="1"/><tt:SimpleItem Name="a"/></tt:Data>'
    expect(messagesOf(pulled(message('PropertyOperation="Exploded"', items)))).toEqual([
      { topic: 'tns1:A/B', source: {}, key: {}, data: { a: '' } },
    ])
  })
})

test.each(['', '<a>', 'x'.repeat(10_000), '<s:Envelope/>', '{"json":1}', '<a>'.repeat(3_000)])(
  'what is no envelope is an error and never thrown',
  (text) => {
    expect(readSoap(text, 200)).toHaveProperty('error')
  },
)

test('a lifetime is the difference of the camera’s own times, or unknown', () => {
  const times = (now: string, end: string) => remainingMs({ currentTime: [now], terminationTime: [end] })
  expect(times('2001-01-01T00:00:00Z', '2001-01-01T00:01:00Z')).toBe(60_000)
  expect(times('2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z')).toBeUndefined()
  expect(times('', 'soon')).toBeUndefined()
})

test('reference parameters come back with their namespace', () => {
  const xml =
    '<e xmlns:d="urn:d"><wsa:ReferenceParameters><d:Id>7</d:Id><x:Id xmlns:x="urn:x">8</x:Id></wsa:ReferenceParameters></e>'
  expect(referenceHeaders(xml)).toBe(
    '<d:Id xmlns:d="urn:d" a:IsReferenceParameter="true">7</d:Id><x:Id xmlns:x="urn:x" a:IsReferenceParameter="true">8</x:Id>',
  )
  expect(referenceHeaders('<e/>')).toBe('')
})
