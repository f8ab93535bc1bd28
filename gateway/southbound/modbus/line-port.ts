import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Framer } from './framer.ts'

/**
 * What modbus-serial calls a port: it takes a request as unit, PDU and checksum, and emits the answer in the same form as
 * `data`. Framing is the framer's; timeouts and the stream are the bus's. One request is on its way at a time, so all share
 * one transaction number on modbus-serial's side and nothing piles up there.
 */
export class LinePort extends EventEmitter {
  _transactionIdRead = 1
  _transactionIdWrite = 1
  readonly #stream: Duplex
  readonly #framer: Framer
  readonly #now: () => number
  isOpen = true

  constructor(stream: Duplex, framer: Framer, now: () => number) {
    super()
    this.#stream = stream
    this.#framer = framer
    this.#now = now
  }

  /** modbus-serial's way to start; the stream is open already. */
  open(done: () => void): void {
    done()
  }

  write(request: Buffer): void {
    this.#stream.write(this.#framer.send(request, this.#now()))
  }

  deliver(answer: Buffer): void {
    this.emit('data', answer)
  }

  close(): void {
    this.isOpen = false
  }
}
