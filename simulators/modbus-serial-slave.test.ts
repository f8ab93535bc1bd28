import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import modbusSerial from 'modbus-serial'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { Faults } from './faults.ts'
import type { ModbusUnit } from './modbus-frames.ts'
import { ModbusSerialSlave } from './modbus-serial-slave.ts'
import { ModbusServer } from './modbus-server.ts'

const log = createLogger({ level: 'silent' })
/** Register n holds 256 n + 3: XON, XOFF, carriage returns and the like are among the bytes. */
const unit: ModbusUnit = {
  readBits: () => ({ ok: false, code: 1 }),
  readWords: (_, start, count) => ({
    ok: true,
    value: Array.from({ length: count }, (_, i) => 256 * (start + i) + 3),
  }),
  writeBits: () => ({ ok: false, code: 1 }),
  writeWords: () => ({ ok: true, value: undefined }),
}
const faults = new Faults('unit-9')
const units = new Map([[9, { unit, faults, latencyMs: 0 }]])
const common = { units, clock: systemClock, log }

/** Two pseudo-terminals with a cable between them. */
async function startCable() {
  const folder = await mkdtemp(join(tmpdir(), 'pty-'))
  const [slave, master] = [join(folder, 'slave'), join(folder, 'master')]
  const socat = spawn('socat', ['-d', '-d', `PTY,raw,echo=0,link=${slave}`, `PTY,raw,echo=0,link=${master}`])
  let text = ''
  for await (const chunk of socat.stderr) {
    text += String(chunk)
    if (text.includes('starting data transfer loop')) break
  }
  return {
    slave,
    master,
    async [Symbol.asyncDispose]() {
      const gone = once(socat, 'exit')
      socat.kill()
      await gone
      await rm(folder, { recursive: true })
    },
  }
}

test('answers a foreign master over a serial line, every byte as it is', async () => {
  await using cable = await startCable()
  await using _ = await ModbusSerialSlave.start({
    ...{ ...common, path: cable.slave, baud: 9600, parity: 'none', stopBits: 1 },
  })
  const master = new modbusSerial.default()
  await master.connectRTUBuffered(cable.master, { baudRate: 9600 })
  master.setID(9)
  master.setTimeout(500)
  try {
    const { data } = await master.readHoldingRegisters(0, 40)
    expect(data).toEqual(Array.from({ length: 40 }, (_, i) => 256 * i + 3))
    master.setID(10)
    await expect(master.readHoldingRegisters(0, 1)).rejects.toMatchObject({ errno: 'ETIMEDOUT' })
  } finally {
    await new Promise<void>((done) => master.close(() => done()))
  }
})

test('a line that is not there is said to be missing', async () => {
  const options = { ...common, path: '/dev/no-such-line', baud: 9600 } as const
  await expect(ModbusSerialSlave.start({ ...options, parity: 'none', stopBits: 1 })).rejects.toThrow(
    '/dev/no-such-line',
  )
})

test('the same frames inside a TCP connection, and their faults', async () => {
  await using server = await ModbusServer.start({
    ...{ ...common, host: '127.0.0.1', port: 0, transport: 'rtu-over-tcp', unknownUnit: 'silent' },
  })
  const master = new modbusSerial.default()
  await master.connectTelnet('127.0.0.1', { port: server.port })
  master.setID(9)
  master.setTimeout(300)
  const read = () => master.readHoldingRegisters(1, 2).then(({ data }) => data)
  expect(await read()).toEqual([259, 515])
  for (const kind of ['crc', 'wrong-unit'] as const) {
    faults.set({ kind, rate: 1, ms: 0, code: 4 })
    await expect(read(), kind).rejects.toThrow()
    faults.clear()
  }
  expect(await read()).toEqual([259, 515])
  // This client never finds the start of a frame again after half of one.
  faults.set({ kind: 'half-frame', rate: 1, ms: 0, code: 4 })
  await expect(read()).rejects.toMatchObject({ errno: 'ETIMEDOUT' })
  faults.clear()
  await new Promise<void>((done) => master.close(() => done()))
})
