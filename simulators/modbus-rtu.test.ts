import { expect, test } from 'vitest'
import { crc16, rtuFrame, takeRtuRequests } from './modbus-rtu.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
/** Read 10 holding registers of unit 1 from 0: the example every Modbus text has. */
const read = '01 03 00 00 00 0a c5 cd'

test('the check sum of the known example', () => {
  expect(crc16(bytes('01 03 00 00 00 0a'))).toBe(0xcdc5)
  expect(rtuFrame(1, bytes('03 00 00 00 0a'))).toEqual(bytes(read))
})

test('several requests in one piece, and the start of the next', () => {
  const taken = takeRtuRequests(bytes(`${read} ${read} 01 03 00`))
  expect(taken.requests.map(({ unit, pdu }) => [unit, pdu.toString('hex')])).toEqual([
    [1, '030000000a'],
    [1, '030000000a'],
  ])
  expect(taken.rest).toEqual(bytes('01 03 00'))
})

test('noise before a request is passed over, a request with a wrong sum as well', () => {
  expect(takeRtuRequests(bytes(`00 ff ${read}`)).requests).toHaveLength(1)
  expect(takeRtuRequests(bytes(`01 03 00 00 00 0a c5 ce ${read}`)).requests).toHaveLength(1)
})

test('a write of many registers ends where its length says', () => {
  const write = rtuFrame(7, bytes('10 00 01 00 02 04 00 0a 01 02'))
  const [request] = takeRtuRequests(write).requests
  expect(request).toMatchObject({ unit: 7, pdu: bytes('10 00 01 00 02 04 00 0a 01 02') })
})

test('a function nobody knows is still a request: it gets its exception', () => {
  const [request] = takeRtuRequests(rtuFrame(1, bytes('2b 0e 01 00'))).requests
  expect(request?.pdu).toEqual(bytes('2b 0e 01 00'))
})
