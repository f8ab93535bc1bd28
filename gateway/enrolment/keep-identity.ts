import { explainLinkError } from '#gateway/uplink/link-error.ts'
import type { ClientIdentity, IdentitySource } from '#gateway/uplink/uplink-config.ts'
import { backoffMs } from '#lib/backoff.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { CloudRefusal } from './ask-cloud.ts'
import { enrol, hashOf, renew } from './enrol.ts'
import type { EnrolmentCode } from './enrolment-code.ts'
import {
  factsOf,
  type Identity,
  type IdentityFacts,
  identityProblem,
  nextStep,
  refusedWords,
} from './identity.ts'
import type { IdentityStore } from './identity-store.ts'

export type KeepIdentityOptions = {
  readonly store: IdentityStore
  /** Id of this gateway. */
  readonly gateway: string
  /** Address of the cloud. */
  readonly url: string
  /** What the configuration says is to be trusted, PEM; what came with the enrolment goes first. */
  readonly ca: string | undefined
  /** The one-time token of the configuration. */
  readonly enrolment: EnrolmentCode | undefined
  readonly clock: Clock
  readonly log: Logger
}

export type IdentityState = IdentityFacts & {
  /** What keeps it from being renewed, in words. */
  readonly problem: string | undefined
}

type Held = { readonly identity: Identity; readonly facts: IdentityFacts }

/**
 * The certificate of this gateway: gets it with the token of the configuration, and gets the next one in time. Whoever needs the
 * cloud goes on with what there is meanwhile.
 */
export class KeepIdentity implements IdentitySource, AsyncDisposable {
  readonly #options: KeepIdentityOptions
  readonly #stopping = new AbortController()
  readonly #changed: (() => void)[] = []
  #running: Promise<void> = Promise.resolve()
  #held: Held | undefined
  #problem: string | undefined
  #failures = 0
  /** The token of the configuration was refused for good. */
  #isTokenSpent = false

  private constructor(options: KeepIdentityOptions) {
    this.#options = options
  }

  /** Resolves when what is on the disk was read; goes on by itself from there. */
  static async start(options: KeepIdentityOptions): Promise<KeepIdentity> {
    const self = new KeepIdentity(options)
    const { identity, problem } = await options.store.load()
    if (problem !== undefined) options.log.error({ problem }, 'certificate of this gateway not readable')
    self.#problem = problem
    if (identity !== undefined) self.#held = { identity, facts: factsOf(identity) }
    self.#running = self.#keep()
    return self
  }

  /** Called when there is a new certificate. */
  onChange(listener: () => void): void {
    this.#changed.push(listener)
  }

  current(): ClientIdentity | undefined {
    if (this.#held === undefined) return undefined
    const { key, certificate, ca } = this.#held.identity
    return { key, cert: certificate, ...(ca === undefined ? {} : { ca }) }
  }

  /** Why there is no certificate, or why the cloud may not want the one there is. */
  words(): string {
    if (this.#held !== undefined) return refusedWords(this.#held.facts, this.#options.clock.now())
    return (
      this.#problem ??
      'this gateway is not enrolled: make an enrolment token in the console and start it once with --enrol, or put the token into its configuration'
    )
  }

  state(): IdentityState | undefined {
    if (this.#held === undefined) return undefined
    const { facts } = this.#held
    return { ...facts, problem: this.#problem ?? identityProblem(facts, this.#options.clock.now()) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #keep(): Promise<void> {
    const { clock, enrolment } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const held = this.#held
      const step = nextStep({
        identity: held && { ...held.facts, tokenHash: held.identity.tokenHash },
        tokenHash: enrolment === undefined || this.#isTokenSpent ? undefined : hashOf(enrolment.token),
        now: clock.now(),
      })
      const waitMs = step.do === 'wait' ? step.waitMs : await this.#tried(step.do)
      if (waitMs > 0) await clock.sleep(waitMs, signal)
    }
  }

  /** Resolves with how long to wait before the next step. */
  async #tried(what: 'enrol' | 'renew'): Promise<number> {
    const { log } = this.#options
    try {
      const identity = what === 'enrol' ? await this.#enrol() : await this.#renew()
      const facts = factsOf(identity)
      this.#held = { identity, facts }
      this.#problem = undefined
      this.#failures = 0
      log.info(
        { serial: facts.serial, validUntil: new Date(facts.notAfter) },
        what === 'enrol' ? 'gateway enrolled' : 'certificate of this gateway renewed',
      )
      for (const listener of this.#changed) listener()
      return restMs(facts)
    } catch (error) {
      return this.#failed(what, error)
    }
  }

  async #enrol(): Promise<Identity> {
    const { store, gateway, enrolment } = this.#options
    if (enrolment === undefined) throw new Error('no enrolment token')
    return enrol(enrolment, { store, gateway })
  }

  async #renew(): Promise<Identity> {
    const { store, gateway, url, ca } = this.#options
    if (this.#held === undefined) throw new Error('no certificate to renew')
    return renew(this.#held.identity, { store, gateway, url, ca })
  }

  #failed(what: 'enrol' | 'renew', error: unknown): number {
    const { log, url, clock } = this.#options
    const isFinal = error instanceof CloudRefusal && error.isFinal
    const reason = error instanceof CloudRefusal ? `${url}: ${error.message}` : explainLinkError(error, url)
    this.#problem = what === 'enrol' ? `not enrolled: ${reason}` : `certificate not renewed: ${reason}`
    if (isFinal && what === 'enrol') this.#isTokenSpent = true
    const leftMs = (this.#held?.facts.notAfter ?? Number.POSITIVE_INFINITY) - clock.now()
    const maxMs = Math.min(isFinal ? 3_600_000 : 600_000, Math.max(1_000, leftMs / 20))
    const waitMs = backoffMs(this.#failures++, { firstMs: Math.min(5_000, maxMs), maxMs })
    log.warn({ problem: this.#problem, ...(isFinal ? {} : { waitMs }) }, 'certificate of this gateway')
    return waitMs
  }
}

/** A gateway whose clock is months ahead finds every new certificate due: it must not ask for one after the other. */
function restMs({ notBefore, notAfter }: IdentityFacts): number {
  return Math.min(3_600_000, (notAfter - notBefore) / 20)
}
