/** Why an answer that came is no answer. */
export type BadAnswer = 'checksum' | 'half' | 'unit' | 'function' | 'length' | 'address'

/** An answer as unit, PDU and checksum, which is what modbus-serial reads; or what is wrong with it. */
export type Outcome = Buffer | BadAnswer

/**
 * Cuts what comes into answers and tells the one that was asked for from everything else on the wire. It has no timers and
 * no socket: bytes in, at most one outcome per request out. Everything it drops is counted.
 */
export interface Framer {
  /** The bytes for a request (unit, PDU, checksum), whose answer is awaited from now on. */
  send(request: Buffer, nowMs: number): Buffer
  /** `undefined` while the answer has not come, or not wholly. */
  receive(bytes: Buffer, nowMs: number): Outcome | undefined
  /** Nothing came for longer than a frame may pause. */
  silence(nowMs: number): Outcome | undefined
  /** The request was given up: an answer to it that still comes is late. */
  giveUp(nowMs: number): void
  /** Bytes are waiting for the rest of them. */
  readonly isUnfinished: boolean
  /** What came since the request was sent and given up cannot have been for us: the stream may have lost its frames. */
  readonly isLost: boolean
}

/** What the answer to a request looks like. */
export type Awaited = {
  readonly unit: number
  readonly fc: number
  readonly addr: number
  /** Unit, PDU and checksum. An exception is shorter. */
  readonly length: number
  readonly sentAt: number
}

export const exceptionLength = 5

export function awaitedBy(request: Buffer, sentAt: number): Awaited {
  const fc = request.readUInt8(1)
  return {
    unit: request.readUInt8(0),
    fc,
    addr: request.readUInt16BE(2),
    length: answerLength(fc, request.readUInt16BE(4)),
    sentAt,
  }
}

function answerLength(fc: number, count: number): number {
  if (fc <= 2) return 5 + Math.ceil(count / 8)
  return fc <= 4 ? 5 + 2 * count : 8
}

/** `undefined` where `answer` (unit, PDU, checksum) is what was asked for. */
export function misfitOf(answer: Buffer, awaited: Awaited): BadAnswer | undefined {
  if (answer[0] !== awaited.unit) return 'unit'
  const fc = answer[1]
  if (fc === (awaited.fc | 0x80)) return answer.length === exceptionLength ? undefined : 'length'
  if (fc !== awaited.fc) return 'function'
  if (answer.length !== awaited.length) return 'length'
  if (awaited.fc <= 4) return answer[2] === awaited.length - 5 ? undefined : 'length'
  return answer.readUInt16BE(2) === awaited.addr ? undefined : 'address'
}
