/**
 * Many gateways in one process, as light as they can be: each its own TLS session, numbered batches at a fixed pace, credit
 * and refusals honoured, nothing kept on disk. `node bench/lib/fleet-client.ts OPTIONS` with `FleetOptions` as JSON; says one
 * `FleetReport` a line: one every ten seconds, the last when all it sent is acknowledged.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import type { Credit } from '#contract/delivery.ts'
import { decodeDelivery } from '#contract/messages.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import { createFleetLoad, type FleetLoad } from './fleet-load.ts'
import { percentile } from './percentile.ts'

export type FleetOptions = FleetLoad & {
  readonly port: number
  readonly caFile: string
  readonly gateways: readonly { readonly id: string; readonly token: string }[]
  readonly seconds: number
}

export type FleetReport = {
  readonly connected: number
  readonly sent: number
  readonly acknowledged: number
  /** Answers that said "later". */
  readonly refused: number
  /** Batches that were due and had no credit, at the worst moment. */
  readonly waitedForCredit: number
  /** From publishing to the acknowledgement, since the last report. */
  readonly ackP50Ms: number
  readonly ackP99Ms: number
}

const options: FleetOptions = JSON.parse(process.argv[2] ?? '')
const epoch = Math.floor(Date.now() / 1000) * 65_536
const batchOf = createFleetLoad(options)
let ackMs: number[] = []
let waitedForCredit = 0

class LightGateway {
  readonly #id: string
  readonly #client: MqttClient
  readonly #index: number
  readonly #flying = new Map<number, { readonly payload: Buffer; readonly sentAt: number }>()
  readonly #waiting: number[] = []
  #credit: Credit = { events: 8, live: 8, backfill: 4 }
  #pausedUntil = 0
  #produced = 0
  acknowledged = 0
  refused = 0

  constructor(id: string, client: MqttClient, index: number) {
    this.#id = id
    this.#client = client
    this.#index = index
    client.handleMessage = (packet, done) => {
      this.#heard(packet.payload as Buffer)
      done()
    }
  }

  get sent(): number {
    return this.#produced
  }

  get isIdle(): boolean {
    return this.#flying.size + this.#waiting.length === 0
  }

  produce(): void {
    this.#waiting.push(++this.#produced)
    this.pump()
    waitedForCredit = Math.max(waitedForCredit, this.#waiting.length)
  }

  pump(): void {
    while (this.#flying.size < this.#credit.live && performance.now() >= this.#pausedUntil) {
      const seq = this.#waiting.shift()
      if (seq === undefined) return
      const samples = columnsOf(batchOf(this.#index, seq))
      const payload = Buffer.from(encodeTelemetry({ epoch, firstSeq: seq, lastSeq: seq, samples }))
      this.#flying.set(seq, { payload, sentAt: performance.now() })
      this.#client.publish(upTopic(this.#id, 'live'), payload, { qos: 1 })
    }
  }

  #heard(bytes: Buffer): void {
    const decoded = decodeDelivery(bytes)
    if (!decoded.ok) throw new Error(decoded.reason)
    const message = decoded.value
    this.#credit = message.credit
    const ranges =
      message.kind === 'ack' ? message.ranges : message.range === undefined ? [] : [message.range]
    for (const { firstSeq, lastSeq } of ranges) {
      for (let seq = firstSeq; seq <= lastSeq; seq++) this.#answered(seq, message.kind === 'ack')
    }
    if (message.kind === 'refuse') {
      if (message.retryAfterMs === undefined) throw new Error(`refused for good: ${message.message}`)
      this.#pausedUntil = performance.now() + message.retryAfterMs
      this.refused++
    }
    this.pump()
  }

  #answered(seq: number, isStored: boolean): void {
    const flying = this.#flying.get(seq)
    if (flying === undefined) return
    this.#flying.delete(seq)
    if (isStored) {
      this.acknowledged++
      ackMs.push(performance.now() - flying.sentAt)
    } else this.#waiting.unshift(seq)
  }
}

async function connectAll(): Promise<LightGateway[]> {
  const ca = readFileSync(options.caFile)
  const fleet: LightGateway[] = []
  for (const [index, { id, token }] of options.gateways.entries()) {
    const client = await connectAsync(`mqtts://127.0.0.1:${options.port}`, {
      ...{ ca, protocolVersion: 4, username: id, password: token, reconnectPeriod: 0, keepalive: 30 },
    })
    client.on('close', () => {
      throw new Error(`${id} lost its connection`)
    })
    const gateway = new LightGateway(id, client, index)
    await client.subscribeAsync(downTopic(id, 'ack'), { qos: 1 })
    fleet.push(gateway)
  }
  return fleet
}

function report(fleet: readonly LightGateway[]): void {
  const total = (of: (gateway: LightGateway) => number) => fleet.reduce((sum, one) => sum + of(one), 0)
  const line: FleetReport = {
    connected: fleet.length,
    sent: total(({ sent }) => sent) * options.batchSamples,
    acknowledged: total(({ acknowledged }) => acknowledged) * options.batchSamples,
    refused: total(({ refused }) => refused),
    waitedForCredit,
    ackP50Ms: percentile(ackMs, 0.5),
    ackP99Ms: percentile(ackMs, 0.99),
  }
  ackMs = []
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const fleet = await connectAll()
report(fleet)
const beganAt = performance.now()
const tickMs = 20
const ticks = (options.seconds * 1000) / tickMs
for (let tick = 0; tick < ticks; tick++) {
  await sleep(Math.max(0, beganAt + tick * tickMs - performance.now()))
  // Gateways do not all send at once: each has its moment of the second.
  const moment = tick % (1000 / tickMs)
  for (let at = moment; at < fleet.length; at += 1000 / tickMs) fleet[at]?.produce()
  if (tick % (10_000 / tickMs) === 0 && tick > 0) report(fleet)
}
while (fleet.some(({ isIdle }) => !isIdle)) {
  await sleep(tickMs)
  for (const gateway of fleet) gateway.pump()
}
report(fleet)
process.exit(0)
