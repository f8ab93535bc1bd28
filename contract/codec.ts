/**
 * Telemetry batches as bytes, version 1. `README.md` in this folder describes every bit, so that a stranger can write
 * a decoder from the page alone.
 */
import { constants as zlib, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { decodeBody } from './codec/decode-body.ts'
import { encodeBody } from './codec/encode-body.ts'
import { type Header, readHeader } from './codec/header.ts'
import { maxBodyBytes, maxMessageBytes, maxSamples } from './codec/limits.ts'
import { Malformed } from './codec/malformed.ts'
import { seal } from './codec/seal.ts'
import { columnsProblem } from './columns.ts'
import { type Decoded, refused } from './decoded.ts'
import type { SeqRange } from './delivery.ts'
import type { TelemetryBatch } from './telemetry.ts'

/** Measured on the campus mix: 6 to 19 gain another 0.3 to 1.2 % for two to fifteen times the CPU. */
const zstdLevel = 3
/** Numbers are packed already: zstd finds something in many of them, or in texts, and costs 20 µs to ask. */
const zstdFromBytes = 4096
const zstdFromStringBytes = 192

/**
 * Samples are put in the order of the format: by series, in a series by time, equal times in the order given.
 * Everything else comes back bit by bit. Throws `RangeError` for a batch that breaks a limit or holds what a sample
 * cannot be (see `columnsProblem`): nobody would accept the message.
 */
export function encodeTelemetry(batch: TelemetryBatch): Uint8Array {
  const problem = batchProblem(batch)
  if (problem !== undefined) throw new RangeError(`telemetry batch: ${problem}`)
  const { bytes: body, stringBytes } = encodeBody(batch.samples)
  if (body.length > maxBodyBytes) throw new RangeError(`telemetry batch: a body of ${body.length} bytes`)
  const isWorthAsking = body.length >= zstdFromBytes || stringBytes >= zstdFromStringBytes
  const packed = isWorthAsking ? compress(body) : body
  const isPacked = packed.length < body.length
  const { epoch, firstSeq, lastSeq } = batch
  const content = isPacked ? packed : body
  const message = seal({ body: content, isPacked, length: body.length, epoch, firstSeq, lastSeq })
  if (message.length > maxMessageBytes)
    throw new RangeError(`telemetry batch: a message of ${message.length} bytes`)
  return message
}

/** Never throws; what it allocates is bounded by the limits, whatever the bytes claim. */
export function decodeTelemetry(bytes: Uint8Array): Decoded<TelemetryBatch> {
  try {
    const header = readHeader(bytes)
    const samples = decodeBody(bodyOf(bytes, header))
    const { epoch, firstSeq, lastSeq } = header
    return { ok: true, value: { epoch, firstSeq, lastSeq, samples } }
  } catch (error) {
    return refused(`telemetry: ${error instanceof Malformed ? error.message : `unreadable: ${error}`}`)
  }
}

/** The numbers in the header, for a refusal of a message whose body is bad. `undefined` where the header is bad too. */
export function telemetryRange(bytes: Uint8Array): SeqRange | undefined {
  try {
    const { epoch, firstSeq, lastSeq } = readHeader(bytes)
    return { stream: 'telemetry', epoch, firstSeq, lastSeq }
  } catch {
    return undefined
  }
}

function batchProblem(batch: TelemetryBatch): string | undefined {
  const { epoch, firstSeq, lastSeq, samples } = batch
  const numbers = [epoch, firstSeq, lastSeq]
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0) || lastSeq < firstSeq) {
    return `epoch ${epoch}, sequence ${firstSeq} to ${lastSeq}`
  }
  const count = samples.t.length
  if (count === 0 || count > maxSamples) return `${count} samples, 1 to ${maxSamples} are allowed`
  return columnsProblem(samples)
}

function compress(body: Uint8Array): Uint8Array {
  return zstdCompressSync(body, { params: { [zlib.ZSTD_c_compressionLevel]: zstdLevel } })
}

function bodyOf(bytes: Uint8Array, header: Header): Uint8Array {
  const content = bytes.subarray(header.bodyAt, bytes.length - 4)
  if (!header.isPacked) {
    if (content.length !== header.bodyLength) {
      throw new Malformed(`a body of ${content.length} bytes, ${header.bodyLength} declared`)
    }
    return content
  }
  const body = decompress(content, header.bodyLength)
  if (body.length !== header.bodyLength) {
    throw new Malformed(`zstd gives ${body.length} bytes, ${header.bodyLength} declared`)
  }
  return body
}

/** The window is bounded too: a frame of a few bytes can ask for 128 MiB of it. */
function decompress(content: Uint8Array, length: number): Uint8Array {
  try {
    return zstdDecompressSync(content, {
      maxOutputLength: length,
      params: { [zlib.ZSTD_d_windowLogMax]: Math.log2(maxBodyBytes) },
    })
  } catch (cause) {
    throw new Malformed(`zstd: ${cause instanceof Error ? cause.message : 'unreadable'}`, { cause })
  }
}
