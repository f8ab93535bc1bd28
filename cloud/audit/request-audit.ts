import type { FastifyRequest } from 'fastify'
import type { ChangeAudit, ChangeFacts } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import type { AuditFacts, AuditLog } from './audit-log.ts'

/** The row of one request: what is known of it, and whether it is written. */
export class RequestAudit implements ChangeAudit {
  readonly #log: AuditLog
  readonly #request: FastifyRequest
  #facts: ChangeFacts = {}
  #isWritten = false
  #code: string | undefined

  constructor(log: AuditLog, request: FastifyRequest) {
    this.#log = log
    this.#request = request
  }

  /** Of the account, when somebody is signed in. */
  get person(): string | undefined {
    return this.#request.caller?.user.id
  }

  get address(): string {
    return this.#request.ip
  }

  /** The path, where nobody has to be signed in. */
  get publicPath(): string {
    const { config, url } = this.#request.routeOptions
    return config.public === true ? (url ?? '') : ''
  }

  /** Of the refusal, if it is one. */
  get code(): string | undefined {
    return this.#code
  }

  /** What was asked for. */
  get key(): string {
    return `${this.#request.method} ${this.#request.url} ${this.#facts.target ?? ''}`
  }

  note(facts: ChangeFacts): void {
    this.#facts = { ...this.#facts, ...facts }
  }

  refusedWith(code: string): void {
    this.#code = code
  }

  async write(trx: Database): Promise<void> {
    await this.#log.append(trx, this.#row())
    this.#isWritten = true
  }

  /** Writes what is not written yet. A change that was written and then failed is told by a second row. */
  async finish(leftOut: number): Promise<void> {
    if (this.#isWritten && this.#code === undefined) return
    if (leftOut > 0) this.note({ after: { ...Object(this.#facts.after), leftOut } })
    await this.#log.write(this.#row())
  }

  #row(): AuditFacts {
    const { caller, ip, headers, id, params } = this.#request
    const place = Object.values((params ?? {}) as Record<string, string>).join('/')
    return {
      who: caller?.user,
      target: place,
      ...this.#facts,
      action: this.#action(),
      address: ip,
      userAgent: headers['user-agent'] ?? '',
      outcome: this.#code ?? 'ok',
      request: id,
    }
  }

  #action(): AuditAction {
    const { audit } = this.#request.routeOptions.config
    if (audit === undefined) throw new Error(`${this.key} does not say what it is in the audit log`)
    if (typeof audit === 'string') return audit
    return this.#code === undefined ? audit.ok : audit.refused
  }
}
