import { randomUUID } from 'node:crypto'
import type { Access } from '#cloud/access/access.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { CommandResultRow, CommandRow } from '#cloud/state/tables.ts'
import type { CommandRequest, IssuedCommand } from '#contract/api/commands.ts'
import type { User } from '#contract/api/session.ts'
import type { Command, CommandResult } from '#contract/command.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { refusalOf } from './check-command.ts'
import { CommandRates, type RateRule } from './command-rates.ts'
import {
  CommandRepository,
  type CommandSearch,
  type Move,
  type PointKey,
  type StoredCommand,
  standingOf,
} from './command-repository.ts'
import { commandView } from './command-view.ts'
import { conclude, isFinal, type OpenCommand, type Standing } from './lifecycle.ts'

export type CommandServiceOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** False when the gateway is away: then nothing was sent. True is no promise that it arrived. */
  readonly send: (gateway: string, command: Command) => Promise<boolean>
  /** A command came into being or went on. Must not throw. */
  readonly onChange: (command: IssuedCommand) => void
  readonly rates?: { readonly perUser: RateRule; readonly perPoint: RateRule }
}

/** Who gives a command. */
export type Giver = { readonly user: User; readonly access: Access; readonly audit: ChangeAudit }

/** A person's finger is slower; a script that does not stop is not. */
const defaultRates = {
  perUser: { most: 60, withinMs: 60_000 },
  perPoint: { most: 10, withinMs: 10_000 },
}
const tickMs = 1_000
/** A gateway that is connected and says nothing is asked again after this long, then after twice as long, and so on. */
const askAgainMs = 10_000
/** A connection that does not take the message must not hold up what else there is to do for its gateway. */
const sendWithinMs = 5_000

/**
 * Commands from the person to the gateway and back. Every state is on disk before it is told. A gateway gets an open
 * command again until it has said its end; it knows the id and does not repeat it.
 */
export class CommandService implements AsyncDisposable {
  readonly #options: CommandServiceOptions
  readonly #commands: CommandRepository
  readonly #perUser: CommandRates
  readonly #perPoint: CommandRates
  /** What concerns one gateway happens in order, so that `sent` is not told after `accepted`. */
  readonly #queues = new Map<string, Promise<void>>()
  readonly #asked = new Map<string, { times: number; again: number }>()
  readonly #concluding = new Set<string>()
  readonly #stop = new AbortController()
  #loop: Promise<void> = Promise.resolve()
  #hasUnheard = true

  constructor(options: CommandServiceOptions) {
    const { perUser, perPoint } = options.rates ?? defaultRates
    this.#options = options
    this.#commands = new CommandRepository(options.db)
    this.#perUser = new CommandRates(perUser)
    this.#perPoint = new CommandRates(perPoint)
  }

  /** Takes up what an earlier process left, and looks after expiry. Disposing stops it. */
  start(): void {
    this.#loop = this.#run()
  }

  /** Resolves when the command is stored. Throws AppError with what is wrong with it. */
  async give(request: CommandRequest, { user, access, audit }: Giver): Promise<IssuedCommand> {
    const { clock, log } = this.#options
    const { point, key: _, ...wanted } = request
    audit.note({ target: point, after: wanted })
    const known = await this.#commands.byKey(user.id, request.key)
    if (known !== undefined) return sameCommand(known, request, audit)

    const target = await this.#target(request, access)
    this.#keepRate(user, request.point)
    const row = newRow({ id: randomUUID(), target, request, user, now: clock.now() })
    audit.note({ after: { ...wanted, command: row.id } })
    if (!(await this.#commands.add(row, audit))) {
      // The same key came twice at the same moment, and the other one was first.
      const other = await this.#commands.byKey(user.id, request.key)
      if (other === undefined) throw new AppError('INTERNAL', 'a command vanished')
      return sameCommand(other, request, audit)
    }
    log.info(
      { command: row.id, point: request.point, value: request.value, by: user.username },
      'command given',
    )
    const given = await this.#commands.byId(row.id)
    if (given === undefined) throw new AppError('INTERNAL', 'a command vanished')
    this.#tell(given)
    this.#inOrder(target.gateway, () => this.#deliver(row))
    return commandView(given.row, given.steps)
  }

  async find(id: string): Promise<IssuedCommand | undefined> {
    const found = await this.#commands.byId(id)
    return found === undefined ? undefined : commandView(found.row, found.steps)
  }

  async search(search: CommandSearch): Promise<StoredCommand[]> {
    return await this.#commands.search(search)
  }

  /** The gateway is there and listens: it gets everything that has no end yet. */
  gatewayReady(gateway: string): void {
    this.#inOrder(gateway, async () => {
      for (const row of await this.#commands.open(gateway)) await this.#deliver(row)
    })
  }

  /** The gateway said something about a command; it is stored already. */
  heard(gateway: string, result: CommandResult): void {
    this.#inOrder(gateway, async () => {
      try {
        await this.#apply(gateway, result)
      } catch (error) {
        this.#hasUnheard = true // read again from what ingest stored
        throw error
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
    await Promise.all(this.#queues.values())
  }

  async #target({ point, value, confirm = false }: CommandRequest, access: Access): Promise<PointKey> {
    const [gateway = '', device = '', ...rest] = point.split('/')
    const key = { gateway, device, point: rest.join('/') }
    const found = await this.#commands.point(key)
    const thing = { gateway, device }
    if (found === undefined || !access.can('view', thing))
      throw new AppError('POINT_UNKNOWN', `there is no point ${point}`)
    access.require('commands.give', thing)
    const refused = refusalOf(found, { value, confirm, roles: access.roles(thing) })
    if (refused !== undefined) throw refused
    return key
  }

  #keepRate(user: User, point: string): void {
    const now = this.#options.clock.monotonic()
    const waits = { person: this.#perUser.waitMs(user.id, now), point: this.#perPoint.waitMs(point, now) }
    const retryAfterMs = Math.max(waits.person, waits.point)
    if (retryAfterMs > 0) {
      const who = waits.point > 0 ? `commands to ${point}` : `commands of ${user.username}`
      throw new AppError('RATE_LIMITED', `too many ${who}: wait ${Math.ceil(retryAfterMs / 1000)} s`, {
        details: { retryAfterMs },
      })
    }
    this.#perUser.take(user.id, now)
    this.#perPoint.take(point, now)
  }

  async #deliver(given: CommandRow): Promise<void> {
    const { clock, send } = this.#options
    const now = clock.now()
    const row = (await this.#commands.byId(given.id))?.row
    if (row === undefined || isFinal(standingOf(row).state) || row.expires_at <= now) return
    const offsetMs = await this.#commands.clockOffsetMs(row.gateway)
    const decided = new AbortController()
    const tooLate = clock.sleep(sendWithinMs, decided.signal).then(() => false)
    const wasSent = await Promise.race([send(row.gateway, wireCommand(row, offsetMs)), tooLate]).finally(() =>
      decided.abort(),
    )
    if (!wasSent) return
    const times = this.#asked.get(row.id)?.times ?? 0
    this.#asked.set(row.id, {
      times: times + 1,
      again: clock.monotonic() + askAgainMs * 2 ** Math.min(times, 5),
    })
    await this.#move(row.id, {
      state: 'sent',
      waitingFor: undefined,
      decidedBy: undefined,
      at: clock.now(),
    })
  }

  async #apply(gateway: string, result: CommandResult): Promise<void> {
    const known = await this.#commands.byId(result.id)
    if (known === undefined || known.row.gateway !== gateway) return // a command of the campus itself
    const offsetMs = await this.#commands.clockOffsetMs(gateway)
    await this.#move(result.id, moveOf(result, { offsetMs, now: this.#options.clock.now() }))
  }

  async #move(id: string, move: Move): Promise<void> {
    const moved = await this.#commands.move(id, move)
    if (moved === undefined) return
    if (isFinal(move.state)) {
      this.#asked.delete(id)
      const { code, message, verified } = move
      this.#options.log.info({ command: id, state: move.state, verified, code, message }, 'command ended')
    }
    this.#tell(moved)
  }

  #tell({ row, steps }: StoredCommand): void {
    this.#options.onChange(commandView(row, steps))
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#hasUnheard) await this.#hearAgain()
        for (const row of await this.#commands.open()) this.#lookAfter(row)
      } catch (err) {
        log.error({ err }, 'commands could not be looked after')
      }
      await clock.sleep(tickMs, this.#stop.signal)
    }
  }

  async #hearAgain(): Promise<void> {
    this.#hasUnheard = false
    try {
      for (const row of await this.#commands.unheard()) await this.#apply(row.gateway, resultOf(row))
    } catch (error) {
      this.#hasUnheard = true
      throw error
    }
  }

  #lookAfter(row: CommandRow): void {
    const { clock } = this.#options
    if (conclude(openOf(row), clock.now()) !== undefined) {
      if (this.#concluding.has(row.id)) return
      this.#concluding.add(row.id)
      this.#inOrder(row.gateway, () => this.#conclude(row.id).finally(() => this.#concluding.delete(row.id)))
      return
    }
    const asked = this.#asked.get(row.id)
    if (row.state === 'sent' && (asked === undefined || clock.monotonic() >= asked.again)) {
      this.#asked.set(row.id, { times: asked?.times ?? 0, again: clock.monotonic() + askAgainMs })
      this.#inOrder(row.gateway, () => this.#deliver(row))
    }
  }

  async #conclude(id: string): Promise<void> {
    const row = (await this.#commands.byId(id))?.row
    const now = this.#options.clock.now()
    const conclusion = row === undefined ? undefined : conclude(openOf(row), now)
    if (conclusion === undefined) return
    await this.#move(id, { ...conclusion, waitingFor: undefined, decidedBy: 'cloud', at: now })
  }

  #inOrder(gateway: string, work: () => Promise<void>): void {
    const settled = (this.#queues.get(gateway) ?? Promise.resolve())
      .then(work)
      .catch((err: unknown) => this.#options.log.error({ err, gateway }, 'command not carried on'))
      .then(() => {
        if (this.#queues.get(gateway) === settled) this.#queues.delete(gateway)
      })
    this.#queues.set(gateway, settled)
  }
}

function openOf(row: CommandRow): OpenCommand {
  return { ...standingOf(row), expiresAt: row.expires_at }
}

type NewCommand = {
  readonly id: string
  readonly target: PointKey
  readonly request: CommandRequest
  readonly user: User
  readonly now: number
}

function newRow({ id, target, request, user, now }: NewCommand): CommandRow {
  const { value, key, expiresInS = 60, confirm = false } = request
  return {
    id,
    ...target,
    value_json: JSON.stringify(value),
    confirmed: Number(confirm),
    user_id: user.id,
    username: user.username,
    display_name: user.displayName,
    key,
    expires_in_s: expiresInS,
    created_at: now,
    expires_at: now + expiresInS * 1000,
    state: 'queued',
    waiting_for: 'gateway',
    decided_by: null,
    finished_at: null,
    verified: null,
    read_back_json: null,
    code: null,
    message: null,
    reason_zh: null,
    reason_en: null,
  }
}

/** The command that the key stands for, if the person asks for the same again. */
function sameCommand(
  { row, steps }: StoredCommand,
  request: CommandRequest,
  audit: ChangeAudit,
): IssuedCommand {
  const { point, value, expiresInS = 60, confirm = false } = request
  audit.note({ after: { value, command: row.id, again: true } })
  const isSame =
    `${row.gateway}/${row.device}/${row.point}` === point &&
    row.value_json === JSON.stringify(value) &&
    row.expires_in_s === expiresInS &&
    row.confirmed === Number(confirm)
  if (isSame) return commandView(row, steps)
  throw new AppError(
    'CONFLICT',
    `the key ${JSON.stringify(request.key)} was used for another command: choose a new one`,
    {
      details: { command: row.id },
    },
  )
}

/** As the gateway gets it, with the expiry by its own clock. Pure. */
function wireCommand(row: CommandRow, clockOffsetMs: number): Command {
  return {
    v: 1,
    id: row.id,
    point: `${row.device}/${row.point}`,
    value: JSON.parse(row.value_json) as Command['value'],
    expiresAt: row.expires_at + clockOffsetMs,
    by: row.username,
    ...(row.confirmed === 1 ? { confirmed: true } : {}),
  }
}

/** What the gateway said, by the cloud's clock. Nothing has happened later than now. Pure. */
function moveOf(result: CommandResult, { offsetMs, now }: { offsetMs: number; now: number }): Move {
  const { state, at, code, message, verified, readBack, title } = result
  const standing: Standing = {
    state,
    waitingFor: state === 'queued' ? 'device' : undefined,
    decidedBy: isFinal(state) ? 'gateway' : undefined,
  }
  return {
    ...standing,
    at: Math.min(at - offsetMs, now),
    code,
    message,
    verified,
    readBack: readBack === undefined ? undefined : JSON.stringify(readBack),
    reason: title,
  }
}

function resultOf(row: CommandResultRow): CommandResult {
  return {
    kind: 'command-result',
    id: row.id,
    point: row.point,
    state: row.state as CommandResult['state'],
    at: row.at,
    ...(row.verified === null ? {} : { verified: row.verified === 1 }),
    ...(row.read_back_json === null
      ? {}
      : { readBack: JSON.parse(row.read_back_json) as NonNullable<CommandResult['readBack']> }),
    ...(row.code === null ? {} : { code: row.code }),
    ...(row.message === null ? {} : { message: row.message }),
    ...(row.reason_zh === null && row.reason_en === null
      ? {}
      : {
          title: {
            ...(row.reason_zh === null ? {} : { zh: row.reason_zh }),
            ...(row.reason_en === null ? {} : { en: row.reason_en }),
          },
        }),
  }
}
