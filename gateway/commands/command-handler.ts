import type { Command, CommandResult } from '#contract/command.ts'
import type { ErrorCode } from '#contract/errors.ts'
import type { Sample, Value } from '#contract/sample.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'
import type { Written } from '#gateway/southbound/driver.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { refusalOf } from './check-value.ts'
import type { CommandJournal, JournalEntry } from './command-journal.ts'
import { blockOf, type InterlockConfig } from './interlock.ts'
import { recover, unknownOutcome } from './recover.ts'
import { Turns } from './turns.ts'
import { type Outcome, writeValue } from './write-value.ts'

/** A point that can be commanded, with the way to its device. */
export type CommandTarget = {
  readonly point: ResolvedPoint
  readonly write: (value: Value, signal: AbortSignal) => Promise<Written>
}

export type CommandPorts = {
  /** `<device>/<point>` */
  readonly find: (point: string) => CommandTarget | undefined
  /** What is known of a device's link; `undefined` until its driver has said so. */
  readonly link: (device: string) => { readonly state: 'up' | 'down'; readonly reason?: string } | undefined
  /** The newest sample of `<device>/<point>`. */
  readonly latest: (point: string) => Sample | undefined
  readonly interlocks: () => readonly InterlockConfig[]
  /** Hands a result to the outbox. May reject when the disk does; the command goes on. */
  readonly emit: (result: CommandResult) => Promise<void>
  readonly journal: CommandJournal
  readonly clock: Clock
  readonly log: Logger
  /** A device that has not confirmed by then has failed, beside the time its profile allows for reading back. */
  readonly timeoutMs: number
  /** Not counting what waits for a device that is away. */
  readonly maxInHand: number
}

export interface CommandHandler extends AsyncDisposable {
  /**
   * Carries a command out at most once per id, and gives its end. While the device's link is down it is held, until it is
   * back or the command has expired. Never rejects.
   */
  handle(command: Command): Promise<CommandResult>
  /** Finds out what became of the commands that were begun when the process was killed. Call it once devices are read. */
  recover(): void
}

const lookEveryMs = 250
/** After a start, links that nobody has spoken of yet are waited for. */
const settleMs = 10_000
/** What waits for one device: a flow that runs wild, or a device that is away, takes no room from the others. */
const maxPerDevice = 20
/** A minimum distance up to this is kept by waiting, a longer one by refusing. */
const patienceMs = 1_000
const graceMs = 2_000

/** Where commands from the cloud and from the campus meet. */
export function createCommandHandler(ports: CommandPorts): CommandHandler {
  return new Handler(ports)
}

class Handler implements CommandHandler {
  readonly #ports: CommandPorts
  readonly #inHand = new Map<string, Promise<CommandResult>>()
  /** Commands that were not refused at once, by device. */
  readonly #taken = new Map<string, Set<string>>()
  /** Those of them that wait for a device that is away. */
  readonly #held = new Set<string>()
  readonly #turns = new Turns()
  readonly #lastWriteAt = new Map<string, number>()
  readonly #stopping = new AbortController()
  /** No new device is written, what is begun may end. */
  readonly #closing = new AbortController()
  readonly #startedAt: number

  constructor(ports: CommandPorts) {
    this.#ports = ports
    this.#startedAt = ports.clock.monotonic()
  }

  handle(command: Command): Promise<CommandResult> {
    return this.#once(command.id, () => this.#carryOut(command))
  }

  recover(): void {
    for (const entry of this.#ports.journal.unfinished()) {
      void this.#once(entry.id, () => this.#recover(entry)) // its failures are logged by `finish`
    }
  }

  /** What is begun gets two seconds to end, then it fails with a reason; what waits is forgotten, the cloud sends it again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    const grace = new AbortController()
    const all = Promise.allSettled(this.#inHand.values()).then(() => grace.abort())
    await this.#ports.clock.sleep(graceMs, grace.signal)
    this.#stopping.abort()
    await all
  }

  #once(id: string, work: () => Promise<CommandResult>): Promise<CommandResult> {
    const running = this.#inHand.get(id)
    if (running !== undefined) return running
    const result = work().finally(() => this.#inHand.delete(id))
    this.#inHand.set(id, result)
    return result
  }

  async #carryOut(command: Command): Promise<CommandResult> {
    const { journal, log } = this.#ports
    const before = journal.find(command.id)
    if (before !== undefined) {
      log.info({ command: command.id }, 'command known already; answered from the journal')
      return await this.#finish(command, before.result ?? unknownOutcome)
    }
    const target = this.#ports.find(command.point)
    const outcome = this.#refusal(command, target) ?? (await this.#inTurn(command))
    if (outcome === forgotten) return this.#resultOf(command, forgotten)
    const { id, point, by } = command
    log.info({ command: id, point, by, outcome }, 'command finished')
    return await this.#finish(command, outcome)
  }

  /** What can be said at once. */
  #refusal(command: Command, target: CommandTarget | undefined): Outcome | undefined {
    if (this.#isOver(command)) return expired('its time was over when it came to the gateway')
    if (target === undefined) return rejected('POINT_UNKNOWN', `no point ${command.point} on this gateway`)
    if (target.point.hidden) {
      return rejected(
        'POINT_NOT_WRITABLE',
        `${command.point} is not confirmed at this device: check it first`,
      )
    }
    const problem = refusalOf(target.point, command.value)
    if (problem !== undefined) return rejected(problem.code, problem.message)
    if (target.point.write?.risk === 'high' && command.confirmed !== true) {
      return rejected('COMMAND_NEEDS_CONFIRM', `${command.point} is of high risk: nobody said yes to it`)
    }
    const device = deviceOf(command)
    const before = this.#taken.get(device)?.size ?? 0
    if (before >= maxPerDevice)
      return rejected('RATE_LIMITED', `${before} commands wait for ${device} already`)
    const tooMany = this.#inHand.size - this.#held.size > this.#ports.maxInHand
    return tooMany ? rejected('RATE_LIMITED', 'too many commands at once') : undefined
  }

  /** One command at a time for each device, in the order they came, each with its own expiry. */
  async #inTurn(command: Command): Promise<Outcome> {
    const over = new AbortController()
    const expiry = this.#expiry(command, AbortSignal.any([over.signal, this.#closing.signal]))
    const due = AbortSignal.any([expiry, this.#closing.signal])
    this.#take(command)
    if (this.#isAway(command)) this.#hold(command)
    try {
      using turn = await this.#turns.take(deviceOf(command), due)
      if (turn === undefined) return this.#leave()
      await this.#waitForLink(command, due)
      // Looked up only now: devices may have been changed while it waited.
      const target = this.#ports.find(command.point)
      if (target === undefined) return rejected('POINT_UNKNOWN', `${command.point} was taken away meanwhile`)
      await this.#keepDistance(command, target, due)
      if (due.aborted || this.#isOver(command)) return this.#leave()
      return this.#refusalNow(command, target) ?? (await this.#begin(command, target))
    } finally {
      over.abort()
      this.#letGo(command)
    }
  }

  #leave(): Outcome {
    return this.#closing.signal.aborted ? forgotten : expired('the device could not be reached in time')
  }

  async #waitForLink(command: Command, due: AbortSignal): Promise<void> {
    while (!due.aborted && !this.#isOver(command) && (this.#isAway(command) || this.#isUnsettled(command))) {
      if (this.#isAway(command)) this.#hold(command)
      await this.#ports.clock.sleep(lookEveryMs, due)
    }
  }

  /** Some devices lose a write that follows the last one too closely. */
  async #keepDistance(command: Command, target: CommandTarget, due: AbortSignal): Promise<void> {
    // A timer may ring a fraction of a millisecond early.
    for (let leftMs = this.#tooSoonMs(command, target); leftMs > 0 && leftMs <= patienceMs; ) {
      await this.#ports.clock.sleep(Math.ceil(leftMs), due)
      if (due.aborted) return
      leftMs = this.#tooSoonMs(command, target)
    }
  }

  #tooSoonMs({ point }: Command, target: CommandTarget): number {
    const last = this.#lastWriteAt.get(point) ?? Number.NEGATIVE_INFINITY
    return last + (target.point.write?.minIntervalMs ?? 0) - this.#ports.clock.monotonic()
  }

  /** What may have changed while it waited. */
  #refusalNow(command: Command, target: CommandTarget): Outcome | undefined {
    const { interlocks, latest } = this.#ports
    const attempt = { target: command.point, value: command.value }
    const blocked = blockOf(interlocks(), attempt, latest)
    if (blocked !== undefined) {
      return { ...rejected('COMMAND_INTERLOCKED', blocked.message), title: blocked.title }
    }
    const tooSoonMs = this.#tooSoonMs(command, target)
    if (tooSoonMs <= 0) return undefined
    const { minIntervalMs = 0 } = target.point.write ?? {}
    return rejected(
      'RATE_LIMITED',
      `written less than ${minIntervalMs} ms ago: wait ${Math.ceil(tooSoonMs / 1000)} s`,
    )
  }

  async #begin(command: Command, target: CommandTarget): Promise<Outcome> {
    const { clock, latest, timeoutMs } = this.#ports
    this.#held.delete(command.id)
    this.#lastWriteAt.set(command.point, clock.monotonic())
    await this.#ports.journal.write(entryOf(command))
    this.#emit(this.#resultOf(command, { state: 'accepted' }))
    const stopping = this.#stopping.signal
    return await writeValue(target, command.value, {
      ...{ device: deviceOf(command), latest, clock, timeoutMs, stopping },
    })
  }

  async #recover(entry: JournalEntry): Promise<CommandResult> {
    const { find, latest, clock, timeoutMs, log } = this.#ports
    const context = { device: deviceOf(entry), latest, clock, timeoutMs, stopping: this.#closing.signal }
    const outcome = await recover(find(entry.point)?.point, entry.value, context)
    if (outcome === undefined) return this.#resultOf(entry, forgotten) // the next process looks again
    log.warn({ command: entry.id, point: entry.point, outcome }, 'command of before the restart')
    return await this.#finish(entry, outcome)
  }

  #take({ id, point }: Command): void {
    const device = deviceOf({ point })
    this.#taken.set(device, (this.#taken.get(device) ?? new Set()).add(id))
  }

  #letGo({ id, point }: Command): void {
    this.#held.delete(id)
    const device = deviceOf({ point })
    const taken = this.#taken.get(device)
    taken?.delete(id)
    if (taken?.size === 0) this.#taken.delete(device)
  }

  #hold(command: Command): void {
    if (this.#held.has(command.id)) return
    this.#held.add(command.id)
    const device = deviceOf(command)
    const reason = this.#ports.link(device)?.reason ?? 'its link is down'
    this.#ports.log.info({ command: command.id, device, reason }, 'command waits for its device')
    const message = `${device}: ${reason}`.slice(0, 500)
    this.#emit(this.#resultOf(command, { state: 'queued', code: 'LINK_DOWN', message }))
  }

  #isAway(command: Command): boolean {
    return this.#ports.link(deviceOf(command))?.state === 'down'
  }

  #isUnsettled(command: Command): boolean {
    const { link, clock } = this.#ports
    return link(deviceOf(command)) === undefined && clock.monotonic() - this.#startedAt < settleMs
  }

  #isOver({ expiresAt }: Command): boolean {
    return expiresAt <= this.#ports.clock.now()
  }

  /** Aborts when the command's time is over by the wall clock, however that is set meanwhile. */
  #expiry(command: Command, signal: AbortSignal): AbortSignal {
    const over = new AbortController()
    const watch = async (): Promise<void> => {
      const { clock } = this.#ports
      while (!signal.aborted && !this.#isOver(command)) {
        await clock.sleep(Math.min(1_000, Math.max(1, command.expiresAt - clock.now())), signal)
      }
      over.abort()
    }
    void watch() // never rejects
    return over.signal
  }

  async #finish(about: About, outcome: Outcome): Promise<CommandResult> {
    const result = this.#resultOf(about, outcome)
    await this.#ports.journal.write({ ...entryOf(about), result })
    this.#emit(result)
    return result
  }

  #resultOf({ id, point }: About, outcome: Outcome): CommandResult {
    return { at: this.#ports.clock.now(), ...outcome, kind: 'command-result', id, point }
  }

  #emit(result: CommandResult): void {
    this.#ports.emit(result).catch((error: unknown) => {
      this.#ports.log.error({ err: error, command: result.id }, 'command result could not be stored')
    })
  }
}

type About = Pick<JournalEntry, 'id' | 'point' | 'value' | 'expiresAt'>

function entryOf({ id, point, value, expiresAt }: About): JournalEntry {
  return { id, point, expiresAt, ...(value === undefined ? {} : { value }) }
}

function deviceOf({ point }: Pick<Command, 'point'>): string {
  return point.slice(0, point.indexOf('/'))
}

function rejected(code: ErrorCode, message: string): Outcome {
  return { state: 'rejected', code, message }
}

function expired(message: string): Outcome {
  return { state: 'expired', code: 'COMMAND_EXPIRED', message }
}

/** For who asked on the campus. It is neither written down nor told to the cloud, which sends its command again. */
const forgotten: Outcome = {
  state: 'failed',
  code: 'INTERNAL',
  message: 'the gateway stopped before this was begun',
}
