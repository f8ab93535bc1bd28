import type { Database } from '#cloud/state/database.ts'
import type { Alarm } from '#contract/api/alarms.ts'
import type { AlarmEvent } from '#contract/events.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { AlarmRepository } from './alarm-repository.ts'
import { alarmView } from './alarm-view.ts'
import { judgeClock } from './judge-clock.ts'

export type GatewayAlarmsOptions = {
  readonly db: Database
  /** Stores an event as if the gateway had sent it. */
  readonly store: (gateway: string, event: AlarmEvent) => Promise<void>
  readonly onChange: (alarm: Alarm) => void
  /** A clock that is off by more is wrong. */
  readonly clockLimitMs: number
  readonly clock: Clock
  readonly log: Logger
}

type Rule = 'cloud.twin' | 'cloud.clock' | 'cloud.enrolment'
type Finding = Pick<AlarmEvent, 'title' | 'value' | 'limit' | 'priority'>
type Open = { readonly event: AlarmEvent; heardAt: number }

const rules: readonly Rule[] = ['cloud.twin', 'cloud.clock', 'cloud.enrolment']
/** A gateway that is refused tries again every 15 s: silence for this long means that it is off or has a name of its own. */
const twinGoneAfterMs = 5 * 60_000
const lookEveryMs = 15_000

/**
 * What the cloud itself finds wrong with a gateway, as alarms among those that gateways raise: their point is the gateway
 * itself. Telling a finding neither throws nor waits; what could not be stored is tried again when it is found again.
 */
export class GatewayAlarms implements AsyncDisposable {
  readonly #options: GatewayAlarmsOptions
  readonly #alarms: AlarmRepository
  readonly #open = new Map<string, Open>()
  readonly #stop = new AbortController()
  #writing: Promise<void> = Promise.resolve()
  #looking: Promise<void> = Promise.resolve()

  private constructor(options: GatewayAlarmsOptions) {
    this.#options = options
    this.#alarms = new AlarmRepository(options.db)
  }

  /** Goes on with what was open when the cloud stopped. */
  static async start(options: GatewayAlarmsOptions): Promise<GatewayAlarms> {
    const self = new GatewayAlarms(options)
    const heardAt = options.clock.monotonic()
    for (const row of await self.#alarms.openByRule(rules)) {
      const { value, limit, priority, title } = alarmView(row)
      const finding = { value, priority, title, ...(limit === undefined ? {} : { limit }) }
      const event = eventOf(row.rule as Rule, row.occurrence, row.raised_at ?? row.received_at, finding)
      self.#open.set(`${row.gateway} ${row.rule}`, { event, heardAt })
    }
    self.#looking = self.#lookForEnds()
    return self
  }

  /** A second machine with the identity of this gateway was turned away. */
  twin(
    gateway: string,
    { connected, refused }: { readonly connected: string; readonly refused: string },
  ): void {
    this.#found(gateway, 'cloud.twin', {
      priority: 2,
      value: null,
      title: {
        zh: `另有一台网关使用同一编号，已拒绝其连接。已连接：${connected}，被拒绝：${refused}`,
        en: `Another gateway uses the same id and was refused. Connected: ${connected}, refused: ${refused}`,
      },
    })
  }

  /** The clock of this gateway differs from ours by `offsetMs`, more than none when it is ahead. */
  clock(gateway: string, offsetMs: number): void {
    const { clockLimitMs } = this.#options
    const isWrong = judgeClock(offsetMs, clockLimitMs, this.#open.has(`${gateway} cloud.clock`))
    if (isWrong) this.#found(gateway, 'cloud.clock', clockFinding(offsetMs, clockLimitMs))
    else this.#over(gateway, 'cloud.clock')
  }

  /** The one-time token of this gateway was used a second time, by a machine with another key: one of the two is not the gateway. */
  stolenToken(
    gateway: string,
    {
      first,
      second,
    }: { readonly first: { readonly address: string; readonly at: number }; readonly second: string },
  ): void {
    const at = new Date(first.at).toISOString()
    this.#found(gateway, 'cloud.enrolment', {
      priority: 1,
      value: null,
      title: {
        zh: `注册令牌被另一台设备再次使用，已拒绝。首次使用：${first.address}（${at}），再次使用：${second}。如首次使用者并非本网关，请立即吊销`,
        en: `The enrolment token was used again by another machine, which was refused. First used by ${first.address} (${at}), again by ${second}. Revoke the gateway if the first was not yours`,
      },
    })
  }

  /** Somebody has revoked the gateway or made a new token for it. */
  tokenSettled(gateway: string): void {
    this.#over(gateway, 'cloud.enrolment')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#looking
    await this.#writing
  }

  async #lookForEnds(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stop
    while (!signal.aborted) {
      await clock.sleep(lookEveryMs, signal)
      const gone = clock.monotonic() - twinGoneAfterMs
      for (const [key, { event, heardAt }] of this.#open) {
        const [gateway = ''] = key.split(' ')
        if (event.rule === 'cloud.twin' && heardAt <= gone) this.#over(gateway, 'cloud.twin')
      }
    }
  }

  #found(gateway: string, rule: Rule, finding: Finding): void {
    const { clock } = this.#options
    const key = `${gateway} ${rule}`
    const open = this.#open.get(key)
    if (open !== undefined) {
      open.heardAt = clock.monotonic()
      return
    }
    const at = clock.now()
    const event = eventOf(rule, `${rule}-${at}`, at, finding)
    this.#open.set(key, { event, heardAt: clock.monotonic() })
    this.#write(gateway, event, () => this.#open.delete(key))
  }

  #over(gateway: string, rule: Rule): void {
    const key = `${gateway} ${rule}`
    const open = this.#open.get(key)
    if (open === undefined) return
    this.#open.delete(key)
    const event: AlarmEvent = { ...open.event, state: 'cleared', at: this.#options.clock.now() }
    this.#write(gateway, event, () => this.#open.set(key, open))
  }

  /** One after the other, so that a clear never comes before its raise. */
  #write(gateway: string, event: AlarmEvent, takeBack: () => void): void {
    const { store, onChange, log } = this.#options
    const { rule, state } = event
    this.#writing = this.#writing.then(async () => {
      try {
        await store(gateway, event)
        const row = await this.#alarms.byKey(gateway, event.occurrence)
        if (row !== undefined) onChange(alarmView(row))
        log.info({ gateway, rule, title: event.title.en }, `alarm ${state}`)
      } catch (err) {
        takeBack()
        log.error({ err, gateway, rule, state }, 'alarm of the cloud not stored')
      }
    })
  }
}

function clockFinding(offsetMs: number, limitMs: number): Finding {
  const title =
    offsetMs > 0
      ? { zh: '网关时钟偏快', en: 'The clock of the gateway is ahead' }
      : { zh: '网关时钟偏慢', en: 'The clock of the gateway is behind' }
  return { priority: 3, value: Math.round(offsetMs / 1000), limit: limitMs / 1000, title }
}

function eventOf(rule: Rule, occurrence: string, at: number, finding: Finding): AlarmEvent {
  return { kind: 'alarm', occurrence, rule, point: '', state: 'raised', at, ...finding }
}
