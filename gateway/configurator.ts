/**
 * Takes what the cloud wants this gateway to run on, tries it, and goes back to the last good one by itself. Which one that is
 * decides `gateway/configuration/trial.ts`; how devices are exchanged is the gateway's.
 */
import type { ConfigMessage, ConfigReport, ConfigState, DesiredConfig } from '#contract/configuration.ts'
import { readContent, saveState } from '#gateway/configuration/config-store.ts'
import { next, runs, sameRef, type TrialEvent, type TrialState } from '#gateway/configuration/trial.ts'
import { jsonDigest } from '#lib/canonical-json.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { contentProblems } from './content-problems.ts'
import type { CloudContent, GatewaySetup } from './load-gateway.ts'

export type ConfiguratorParts = {
  /** As it was when this process began. */
  readonly state: TrialState
  readonly current: () => GatewaySetup
  /** Goes on with another setup, or rejects and goes on as before. */
  readonly swap: (setup: GatewaySetup) => Promise<void>
  /** One change of the setup at a time, whoever makes it. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly say: (report: ConfigReport) => void
  /** There is no way on in this process: it has to begin anew. */
  readonly stuck: (error: Error) => void
  readonly clock: Clock
  readonly log: Logger
}

export interface Configurator extends AsyncDisposable {
  /** Resolves when it is done or refused; never rejects for what is in the message. */
  handle(message: ConfigMessage): Promise<void>
  /** What the cloud is told after a birth. */
  readonly report: () => ConfigReport
}

const emptyDigest = jsonDigest({})
const askAgainMs = 10_000
/** Above this the own file is not told: the cloud can do without. */
const maxOwnBytes = 512 * 1024

export function startConfigurator(parts: ConfiguratorParts): Configurator {
  const configurator = new RunningConfigurator(parts)
  configurator.resume()
  return configurator
}

class RunningConfigurator implements Configurator {
  readonly #parts: ConfiguratorParts
  readonly #stopping = new AbortController()
  #state: TrialState
  #trying = new AbortController()
  #watching: Promise<void> = Promise.resolve()
  /** Times of the reports that prove something when the cloud has noted them. */
  readonly #proofs = new Set<number>()
  #isSettled = false
  #lastAt = 0
  #pauseMs: number | undefined

  constructor(parts: ConfiguratorParts) {
    this.#parts = parts
    this.#state = parts.state
  }

  /** Goes on with what an earlier process was trying. */
  resume(): void {
    if (this.#state.trial !== undefined) this.#watch()
  }

  async handle(message: ConfigMessage): Promise<void> {
    switch (message.kind) {
      case 'desired':
        return await this.#parts.alone(() => this.#desired(message))
      case 'noted':
        if (this.#proofs.delete(message.at)) await this.#parts.alone(() => this.#proved())
    }
  }

  readonly report = (): ConfigReport => {
    const { own } = this.#parts.current()
    const isSmall = JSON.stringify(own).length < maxOwnBytes
    return { ...this.#report(), ...(isSmall ? { own } : {}) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    this.#trying.abort()
    await this.#watching
    await this.#parts.alone(() => this.#move({ kind: 'stopped' }))
  }

  async #desired({ version, digest, content }: DesiredConfig): Promise<void> {
    const { log, current } = this.#parts
    const ref = { version, digest }
    const { good, trial, failed } = this.#state
    if (sameRef(ref, runs(this.#state)) || sameRef(ref, failed)) return this.#say()
    if (jsonDigest(content) !== digest) {
      await this.#move({ kind: 'refused', ref, reason: 'the content does not fit its digest' })
      return this.#say()
    }
    if (trial === undefined && good?.digest === digest) {
      await this.#move({ kind: 'renumbered', ref })
      return this.#say()
    }
    const { setup, problems } = await current().again({ cloud: { ref, content } })
    if (setup === undefined) {
      const found = contentProblems(problems, { content })
      log.warn({ version, problems: found }, 'configuration refused')
      await this.#move({ kind: 'refused', ref, reason: 'not valid on this gateway', problems: found })
      return this.#say()
    }
    if (setup.fileVersion !== current().fileVersion) {
      const reason = 'gateway.yaml was changed since the gateway started: restart the gateway first'
      await this.#move({ kind: 'refused', ref, reason })
      return this.#say()
    }
    await this.#try(setup, { ref, content })
  }

  async #try(setup: GatewaySetup, cloud: CloudContent): Promise<void> {
    const { clock, log, swap } = this.#parts
    const { version } = cloud.ref
    this.#trying.abort()
    await this.#watching
    await this.#move({ kind: 'accepted', ref: cloud.ref }, cloud)
    this.#say()
    const startedAt = clock.monotonic()
    try {
      await swap(setup)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.error({ err: error, version }, 'configuration does not start, going back')
      return await this.#goBack(`does not start: ${reason}`)
    }
    this.#pauseMs = Math.round(clock.monotonic() - startedAt)
    log.info({ version, pauseMs: this.#pauseMs, devices: setup.devices.length }, 'configuration applied')
    this.#watch()
  }

  #watch(): void {
    this.#trying = new AbortController()
    this.#proofs.clear()
    this.#isSettled = false
    this.#watching = this.#waitForWord(AbortSignal.any([this.#trying.signal, this.#stopping.signal])).catch(
      (error: unknown) => this.#parts.stuck(error instanceof Error ? error : new Error(String(error))),
    )
  }

  /** Asks for word from the cloud until there is some, or the time is over. */
  async #waitForWord(signal: AbortSignal): Promise<void> {
    const { clock, current, alone } = this.#parts
    const { settle, backAfter } = current().config.configuration
    const settleMs = parseDuration(settle)
    const until = clock.monotonic() + Math.max(parseDuration(backAfter), settleMs + 1_000)
    await clock.sleep(settleMs, signal)
    this.#isSettled = true
    while (!signal.aborted) {
      const leftMs = until - clock.monotonic()
      if (leftMs <= 0) break
      this.#say()
      await clock.sleep(Math.min(askAgainMs, leftMs), signal)
    }
    if (signal.aborted) return
    // Not waited for: going back ends what waits here.
    void alone(async () => {
      if (!signal.aborted) await this.#goBack(`no word from the cloud for ${backAfter} after it was applied`)
    }).catch((error: unknown) => this.#parts.stuck(error instanceof Error ? error : new Error(String(error))))
  }

  async #proved(): Promise<void> {
    const { trial } = this.#state
    if (trial === undefined) return
    this.#trying.abort()
    await this.#move({ kind: 'proved' })
    this.#parts.log.info({ version: trial.version }, 'configuration is good')
    this.#say()
  }

  async #goBack(reason: string): Promise<void> {
    const { log, current, swap, stuck } = this.#parts
    this.#trying.abort()
    await this.#move({ kind: 'failed', reason })
    try {
      const cloud = await this.#good()
      if (!sameRef(current().cloud?.ref, cloud?.ref)) {
        const { setup, problems } = await current().again({ cloud })
        if (setup === undefined) throw new Error(problems.map(({ message }) => message).join('; '))
        await swap(setup)
      }
      log.warn({ reason, running: cloud?.ref.version ?? 0 }, 'configuration rolled back')
      this.#say()
    } catch (error) {
      stuck(new Error('the last good configuration does not start in this process', { cause: error }))
    }
  }

  async #good(): Promise<CloudContent | undefined> {
    const ref = runs(this.#state)
    if (ref === undefined) return undefined
    const read = await readContent(this.#parts.current().dataFolder, ref)
    if (read.ok) return { ref, content: read.content }
    await this.#move({ kind: 'lost', reason: read.reason })
    return undefined
  }

  /** The disk first: what is done next has to be known to whoever starts after a power cut. */
  async #move(event: TrialEvent, content?: CloudContent): Promise<void> {
    const after = next(this.#state, event)
    if (after === this.#state) return
    await saveState(this.#parts.current().dataFolder, after, content)
    this.#state = after
  }

  #say(): void {
    this.#parts.say(this.#report())
  }

  #report(): ConfigReport {
    const { trial, good, failed } = this.#state
    const running = runs(this.#state) ?? { version: 0, digest: emptyDigest }
    const about = trial ?? failed ?? good ?? running
    const state: ConfigState = trial !== undefined ? 'applying' : (failed?.outcome ?? 'running')
    // Two reports never have the same time: the answer names it.
    const at = Math.max(this.#parts.clock.now(), this.#lastAt + 1)
    this.#lastAt = at
    if (trial !== undefined && this.#isSettled) this.#proofs.add(at)
    return {
      ...{ v: 1, kind: 'config', at },
      ...{ version: about.version, digest: about.digest, state },
      ...(trial === undefined && failed !== undefined
        ? { reason: failed.reason, problems: [...failed.problems] }
        : {}),
      running: { version: running.version, digest: running.digest },
      ...(this.#pauseMs === undefined ? {} : { pauseMs: this.#pauseMs }),
    }
  }
}
