import type { Command, CommandResult } from '#contract/command.ts'
import { AppError, type ErrorCode } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'
import type { Written } from '#gateway/southbound/driver.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { refusalOf } from './check-value.ts'
import type { CommandJournal } from './command-journal.ts'

/** A point that can be commanded, with the way to its device. */
export type CommandTarget = {
  readonly point: ResolvedPoint
  readonly write: (value: Value, signal: AbortSignal) => Promise<Written>
}

export type CommandPorts = {
  /** `<device>/<point>` */
  readonly find: (point: string) => CommandTarget | undefined
  /** Hands a result to the outbox. May reject when the disk does; the command goes on. */
  readonly emit: (result: CommandResult) => Promise<void>
  readonly journal: CommandJournal
  readonly clock: Clock
  readonly log: Logger
  /** A device that has not confirmed by then has failed, beside the time its profile allows for reading back. */
  readonly timeoutMs: number
  readonly maxInHand: number
}

export interface CommandHandler extends AsyncDisposable {
  /** Carries a command out at most once per id, and gives its final result. Never rejects. */
  handle(command: Command): Promise<CommandResult>
}

type Outcome = Omit<CommandResult, 'kind' | 'id' | 'point' | 'at'>

/**
 * Where commands from the cloud and from the campus meet: known id? too late? does the point exist and take this value?
 * too soon after the last? Then the device writes, is read back, and the result becomes an event.
 */
export function createCommandHandler(ports: CommandPorts): CommandHandler {
  const { clock, journal } = ports
  const inHand = new Map<string, Promise<CommandResult>>()
  const lastWriteAt = new Map<string, number>()
  const stopping = new AbortController()

  async function carryOut(command: Command): Promise<CommandResult> {
    const log = ports.log.child({ command: command.id, point: command.point, by: command.by })
    const before = journal.find(command.id)
    if (before !== undefined) {
      log.info('command known already; answered from the journal')
      return finish(command, before.result ?? unknownOutcome)
    }
    const target = ports.find(command.point)
    const refused = refusal(command, target)
    if (refused !== undefined || target === undefined) {
      log.warn({ code: refused?.code, problem: refused?.message }, 'command refused')
      return finish(command, refused ?? unknownOutcome)
    }
    lastWriteAt.set(command.point, clock.monotonic())
    await journal.write({ id: command.id, point: command.point, expiresAt: command.expiresAt })
    emit({ ...resultOf(command, { state: 'accepted' }) })
    const outcome = await write(command, target)
    log.info({ outcome }, 'command finished')
    return finish(command, outcome)
  }

  function refusal(command: Command, target: CommandTarget | undefined): Outcome | undefined {
    if (command.expiresAt <= clock.now()) {
      return {
        state: 'expired',
        code: 'COMMAND_EXPIRED',
        message: 'its time was over when it came to the gateway',
      }
    }
    if (target === undefined) return rejected('POINT_UNKNOWN', `no point ${command.point} on this gateway`)
    const problem = refusalOf(target.point, command.value)
    if (problem !== undefined) return rejected(problem.code, problem.message)
    if (inHand.size > ports.maxInHand) return rejected('RATE_LIMITED', 'too many commands at once')

    const minIntervalMs = target.point.write?.minIntervalMs ?? 0
    const last = lastWriteAt.get(command.point)
    if (last === undefined || clock.monotonic() - last >= minIntervalMs) return undefined
    return rejected('RATE_LIMITED', `${command.point} may be written once in ${minIntervalMs} ms`)
  }

  async function write(command: Command, { point, write }: CommandTarget): Promise<Outcome> {
    const limitMs = ports.timeoutMs + (point.write?.readback?.withinMs ?? 0)
    const deadline = new AbortController()
    const signal = AbortSignal.any([deadline.signal, stopping.signal])
    try {
      const written = await Promise.race([write(command.value, signal), late(limitMs, signal)])
      return { state: 'done', ...written }
    } catch (error) {
      if (!(error instanceof AppError)) ports.log.error({ err: error, command: command.id }, 'command failed')
      const code: ErrorCode = error instanceof AppError ? error.code : 'INTERNAL'
      return {
        state: 'failed',
        code,
        message: String(error instanceof Error ? error.message : error).slice(0, 500),
      }
    } finally {
      deadline.abort()
    }
  }

  async function late(limitMs: number, signal: AbortSignal): Promise<never> {
    await clock.sleep(limitMs, signal)
    if (stopping.signal.aborted)
      throw new AppError('INTERNAL', 'the gateway stopped while the device was written')
    throw new AppError('DEVICE_TIMEOUT', `not confirmed within ${limitMs} ms`)
  }

  async function finish(command: Command, outcome: Outcome): Promise<CommandResult> {
    const result = resultOf(command, outcome)
    await journal.write({ id: command.id, point: command.point, expiresAt: command.expiresAt, result })
    emit(result)
    return result
  }

  function resultOf(command: Command, outcome: Outcome): CommandResult {
    return { at: clock.now(), ...outcome, kind: 'command-result', id: command.id, point: command.point }
  }

  function emit(result: CommandResult): void {
    ports.emit(result).catch((error: unknown) => {
      ports.log.error({ err: error, command: result.id }, 'command result could not be stored')
    })
  }

  return {
    handle(command) {
      const running = inHand.get(command.id)
      if (running !== undefined) return running
      const result = carryOut(command).finally(() => inHand.delete(command.id))
      inHand.set(command.id, result)
      return result
    },
    /** Commands in hand get two seconds to end, then they fail with a reason; their results are written either way. */
    async [Symbol.asyncDispose]() {
      const grace = new AbortController()
      const all = Promise.allSettled(inHand.values()).then(() => grace.abort())
      await clock.sleep(2_000, grace.signal)
      stopping.abort()
      await all
    },
  }
}

function rejected(code: ErrorCode, message: string): Outcome {
  return { state: 'rejected', code, message }
}

/** The gateway was killed between the write and its answer. Repeating could switch something twice. */
const unknownOutcome: Outcome = {
  state: 'failed',
  code: 'INTERNAL',
  message: 'the gateway restarted while this command was carried out; whether it took effect is not known',
}
