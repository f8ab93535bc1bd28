import { randomUUID } from 'node:crypto'
import type { Command, CommandResult } from '#contract/command.ts'
import { qualityOf, qualityReason } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { LocalBus, LocalMessage } from './local-bus.ts'
import { alarmTopic, commandedPoint, commandFilter, commandResultTopic, pointTopic } from './local-topics.ts'

export type LocalFeedPorts = {
  readonly bus: LocalBus
  readonly clock: Clock
  readonly log: Logger
  /** Carries a command out; its final result goes back to the sender. Never rejects. */
  readonly handleCommand: (command: Command) => Promise<CommandResult>
}

export interface LocalFeed extends Disposable {
  /**
   * Publishes the sample, retained, as `points/<device>/<point>`, as long as anybody listens; who comes later gets the last
   * word on each point. Never throws and never waits.
   */
  publishSample(sample: Sample): void
  /** Publishes the state of an alarm, retained, as `alarms/<rule>`. Never throws and never waits. */
  publishAlarm(rule: string, alarm: object): void
  /** The device is gone: its kept samples are taken back. Never throws and never waits. */
  forget(device: string): void
}

const maxCommandBytes = 2048
const maxLifeS = 3600
const defaultLifeS = 60

/** What flows and panels on the campus see: points and alarms out, commands in. */
export function startLocalFeed({ bus, clock, log, handleCommand }: LocalFeedPorts): LocalFeed {
  /** The last word on each point and rule, to say when somebody begins to listen or the broker is back. */
  const samples = new Map<string, Sample>()
  const alarms = new Map<string, string>()
  const logged = new RateLimit(60_000)
  let connected = false
  let listening = false

  function saySample(sample: Sample): void {
    if (connected && listening) send(pointTopic(sample.point), sampleText(sample), true)
  }

  function sayAlarm(rule: string, text: string): void {
    if (connected) send(alarmTopic(rule), text, true)
  }

  function send(topic: string, text: string, retain: boolean): void {
    bus.publish(topic, text, { retain }).catch((error: unknown) => {
      const skipped = logged.pass('publish', clock.monotonic())
      if (skipped !== undefined) log.warn({ err: error, topic, skipped }, 'local publish failed')
    })
  }

  function onMessage(message: LocalMessage): void {
    const point = commandedPoint(message.topic)
    // A kept command would be carried out again at every start.
    if (point === undefined || message.retained) return
    const asked = readCommand(message.payload)
    if (!asked.ok) {
      const skipped = logged.pass(`command ${point}`, clock.monotonic())
      if (skipped !== undefined)
        log.warn({ point, problem: asked.reason, skipped }, 'local command not understood')
      const refusal = { kind: 'command-result', id: '', point, state: 'rejected', at: clock.now() }
      send(
        commandResultTopic(point),
        JSON.stringify({ ...refusal, code: 'MESSAGE_INVALID', message: asked.reason }),
        false,
      )
      return
    }
    const command: Command = {
      v: 1,
      id: `local:${asked.id ?? randomUUID()}`,
      point,
      value: asked.value,
      expiresAt: clock.now() + asked.expiresInS * 1000,
      by: 'local',
      ...(asked.confirm ? { confirmed: true } : {}),
    }
    handleCommand(command).then(
      (result) =>
        send(
          commandResultTopic(point),
          JSON.stringify({ ...result, id: result.id.slice('local:'.length) }),
          false,
        ),
      (error: unknown) => log.error({ err: error, point }, 'local command handler failed'),
    )
  }

  const unsubscribe = bus.subscribe(commandFilter, onMessage)
  const unwatch = bus.watch((up) => {
    connected = up
    for (const sample of samples.values()) saySample(sample)
    for (const [rule, text] of alarms) sayAlarm(rule, text)
  })
  // Most gateways have nobody who listens, and a thousand retained messages a second cost more than all the rest.
  const unwatchAudience = bus.watchAudience('points', (anybody) => {
    listening = anybody
    for (const sample of samples.values()) saySample(sample)
  })

  return {
    publishSample(sample) {
      if (sample.late) return
      samples.set(sample.point, sample)
      saySample(sample)
    },
    publishAlarm(rule, alarm) {
      const text = JSON.stringify(alarm)
      alarms.set(rule, text)
      sayAlarm(rule, text)
    },
    forget(device) {
      for (const point of samples.keys()) {
        if (!point.startsWith(`${device}/`)) continue
        samples.delete(point)
        if (connected) send(pointTopic(point), '', true)
      }
    },
    [Symbol.dispose]() {
      unwatchAudience()
      unwatch()
      unsubscribe()
      connected = false
    },
  }
}

function sampleText({ t, value, quality }: Sample): string {
  const reason = qualityReason(quality)
  return JSON.stringify({
    t,
    value,
    quality: qualityOf(quality),
    ...(reason === undefined ? {} : { reason }),
  })
}

type Asked =
  | {
      readonly ok: true
      readonly value: Value
      readonly id?: string
      readonly expiresInS: number
      /** Whoever made the flow or the panel says yes to the risk. */
      readonly confirm?: boolean
    }
  | { readonly ok: false; readonly reason: string }

/** `{"value": 21, "id": "a1", "expiresInS": 10, "confirm": true}`, or the bare value: `21`, `true`, `"auto"`, `auto`. Pure. */
export function readCommand(payload: Uint8Array): Asked {
  if (payload.length === 0) return { ok: false, reason: 'empty payload' }
  if (payload.length > maxCommandBytes)
    return { ok: false, reason: `payload of more than ${maxCommandBytes} bytes` }
  const text = Buffer.from(payload).toString('utf8')
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    content = text
  }
  if (typeof content !== 'object' || content === null) return bare(content)
  return readFields(content as Record<string, unknown>)
}

function readFields(content: Record<string, unknown>): Asked {
  const { value, id, expiresInS = defaultLifeS, confirm = false, ...rest } = content
  const unknownKey = Object.keys(rest)[0]
  if (unknownKey !== undefined) return { ok: false, reason: `unknown key ${unknownKey.slice(0, 40)}` }
  if (id !== undefined && (typeof id !== 'string' || id.length === 0 || id.length > 50)) {
    return { ok: false, reason: 'id: expected text of 1 to 50 characters' }
  }
  if (typeof expiresInS !== 'number' || !(expiresInS > 0 && expiresInS <= maxLifeS)) {
    return { ok: false, reason: `expiresInS: expected a number above 0 and up to ${maxLifeS}` }
  }
  if (typeof confirm !== 'boolean') return { ok: false, reason: 'confirm: expected true or false' }
  const asked = bare(value)
  return asked.ok ? { ...asked, expiresInS, confirm, ...(id === undefined ? {} : { id }) } : asked
}

function bare(value: unknown): Asked {
  if (typeof value === 'boolean') return { ok: true, value, expiresInS: defaultLifeS }
  if (typeof value === 'number' && Number.isFinite(value))
    return { ok: true, value, expiresInS: defaultLifeS }
  if (typeof value === 'string' && value.length <= 1000) return { ok: true, value, expiresInS: defaultLifeS }
  return { ok: false, reason: 'value: expected a number, true, false or text' }
}
