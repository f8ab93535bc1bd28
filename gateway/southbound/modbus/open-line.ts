import { constants } from 'node:fs'
import { access, readdir } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { AppError } from '#contract/errors.ts'
import { addressOf, type BusConfig, isSerial, type SerialLine } from './bus-config.ts'
import { openSocket } from './connection.ts'

const closeWithinMs = 1000
const stableNames = '/dev/serial/by-id'

/** Bytes both ways. `close` resolves when somebody else may open it. */
export type Line = { readonly stream: Duplex; readonly close: () => Promise<void> }

/** An open line, or AppError LINK_DOWN that says what to do. The caller owns it. */
export async function openLine(config: BusConfig, signal: AbortSignal): Promise<Line> {
  if (isSerial(config)) return await openSerial(config)
  const socket = await openSocket(config, signal)
  return {
    stream: socket,
    async close() {
      socket.destroy()
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
    },
  }
}

async function openSerial(config: SerialLine): Promise<Line> {
  await access(config.path, constants.R_OK | constants.W_OK).catch(async (error: NodeJS.ErrnoException) => {
    throw failed(config, await adviceFor(error), error)
  })
  const { SerialPort } = await import('serialport')
  const { baud, parity, stop } = config.line
  return await new Promise((resolve, reject) => {
    // Destroying the stream would leave the port itself open.
    const close = () =>
      new Promise<void>((done) => {
        if (!port.isOpen) return done()
        const timer = setTimeout(done, closeWithinMs) // an adapter that was pulled out may never say that it is closed
        port.close(() => {
          clearTimeout(timer)
          done()
        })
      })
    const port = new SerialPort(
      { path: config.path, baudRate: baud, dataBits: 8, parity, stopBits: stop, lock: true },
      (error) => {
        if (error === null) return resolve({ stream: port, close })
        port.on('error', () => {}) // a second error of a port that has been given up
        const isTaken = /lock/i.test(error.message)
        reject(failed(config, isTaken ? 'another program has opened it' : error.message, error))
      },
    )
  })
}

function failed(config: BusConfig, reason: string, cause: Error): AppError {
  return new AppError('LINK_DOWN', `bus ${config.id} at ${addressOf(config)}: ${reason}`, {
    cause,
    details: { bus: config.id },
  })
}

async function adviceFor({ code, message }: NodeJS.ErrnoException): Promise<string> {
  if (code === 'EACCES') return 'permission denied; add the user of the gateway to the group dialout'
  if (code !== 'ENOENT') return message
  const names = await readdir(stableNames).catch(() => [])
  const there = names.length === 0 ? 'there are no serial adapters' : `there are ${names.join(', ')}`
  return `no such port; use a name under ${stableNames}, which stays the same after a restart (${there})`
}
