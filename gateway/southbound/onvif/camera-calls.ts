import { createHash, randomUUID } from 'node:crypto'
import type { OnvifDevice } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { originOf, type Place, usableAddress } from './addresses.ts'
import { CameraError, failureOf } from './camera-error.ts'
import type { Credentials } from './digest.ts'
import { HttpExchange, shown } from './http-exchange.ts'
import {
  escapeXml,
  OnvifSoap,
  type SoapAnswer,
  type SoapCall,
  type SoapMethod,
  type SoapReply,
} from './onvif-package.ts'

export type ClientOptions = {
  readonly place: Place
  readonly credentials: Credentials
  readonly auth: OnvifDevice['address']['auth']
  readonly clockOffset: OnvifDevice['address']['clockOffset']
  readonly clock: Clock
  /** Everything that is on its way ends with it. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** A pull point of ours at the camera. */
export type Subscription = {
  readonly address: URL
  /** Header elements that the camera wants to see again. */
  readonly reference: string
  readonly remainingMs: number
}

export type Until = { readonly answerWithinMs?: number; readonly signal?: AbortSignal }
type Special = Until & { readonly address: URL }

const soapMaxBytes = 2 * 1024 * 1024
/** A clock that moved by this much is why a login was refused. */
const clockSlackMs = 2_000

/**
 * Requests to one camera: logged in, with the camera's time, each one ended in time. Throws CameraError with what went wrong,
 * never anything else, and no message holds a password.
 */
export class CameraCalls {
  readonly place: Place
  readonly http = new HttpExchange()
  readonly #options: ClientOptions
  readonly #soap: OnvifSoap
  #offsetMs = 0

  constructor(options: ClientOptions) {
    const { credentials, auth, clock } = options
    this.place = options.place
    this.#options = options
    this.#soap = new OnvifSoap(
      {
        username: credentials.username,
        password: credentials.password,
        withToken: auth !== 'digest',
        cameraNow: () => clock.now() + this.#offsetMs,
        post: (call) => this.#post(call),
      },
      (nonce, created) =>
        createHash('sha1')
          .update(nonce)
          .update(created)
          .update(credentials.password, 'utf8')
          .digest('base64'),
    )
  }

  /** How far the camera's clock is ahead of ours. */
  get clockOffsetMs(): number {
    return this.#offsetMs
  }

  get name(): string {
    return shown(originOf(this.place))
  }

  /** What the package keeps beside its answers. */
  get soap(): Pick<OnvifSoap, 'services' | 'presets' | 'usesSecondMedia' | 'useFirstMediaOnly'> {
    return this.#soap
  }

  /** A method of the package. */
  call(method: SoapMethod, ...args: readonly unknown[]): Promise<unknown> {
    return this.#login(method, () => this.#soap.call(method, ...args))
  }

  /** For what the package has no method, or a wrong one. */
  request(operation: string, body: string, service?: string): Promise<SoapAnswer> {
    return this.#login(operation, () =>
      this.#soap.request({ body, ...(service === undefined ? {} : { service }) }),
    )
  }

  atSubscription(
    operation: string,
    { address, reference }: Pick<Subscription, 'address' | 'reference'>,
    body: string,
    until: Until = {},
  ): Promise<SoapAnswer> {
    const namespace = operation === 'Renew' || operation === 'Unsubscribe' ? notification : pullPoint
    const addressing =
      `<a:Action>${namespace}/${operation}Request</a:Action><a:MessageID>urn:uuid:${randomUUID()}</a:MessageID>` +
      `<a:To>${escapeXml(address.href)}</a:To>${reference}`
    const url: Special = { address, ...until }
    return this.#login(operation, () => this.#soap.request({ url, body }, addressing))
  }

  /** Throws only where nobody answers: a camera that does not tell its time is taken to have ours. */
  async measureClock(): Promise<number> {
    const { clock, clockOffset } = this.#options
    const askedAt = clock.now()
    const time = await this.#ask('GetSystemDateAndTime', () => this.#soap.call('getSystemDateAndTime')).catch(
      (error: unknown) => {
        if (failureOf(error) === 'unreachable' || failureOf(error) === 'timeout') throw error
      },
    )
    if (clockOffset === 'none' || !(time instanceof Date) || Number.isNaN(time.getTime()))
      return this.#offsetMs
    const between = (askedAt + clock.now()) / 2
    // Cameras tell whole seconds: with half a second more it is right on average.
    this.#offsetMs = Math.round(time.getTime() + 500 - between)
    return this.#offsetMs
  }

  /** A refused login is looked at again after the camera's clock was: a clock that was set makes every token look wrong. */
  async #login<T>(operation: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await this.#ask(operation, ask)
    } catch (error) {
      if (failureOf(error) !== 'credentials' || this.#options.auth === 'digest') throw error
      const before = this.#offsetMs
      const moved = Math.abs((await this.measureClock()) - before)
      if (moved < clockSlackMs) throw error
      return await this.#ask(operation, ask)
    }
  }

  async #ask<T>(operation: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw error instanceof CameraError ? error : this.#explained(operation, error)
    }
  }

  /** The package's error with what came; only its words are used. */
  #explained(operation: string, error: unknown): CameraError {
    const {
      message = '',
      status = 0,
      xml = '',
    } = error as { message?: string; status?: number; xml?: string }
    const name = `${this.name} ${operation}`
    if (status === 401 || /NotAuthorized|not authorized|FailedAuthentication|InvalidSecurity/i.test(xml)) {
      return new CameraError('credentials', `${name}: the user name or the password is not accepted`)
    }
    const isFault = message.startsWith('ONVIF SOAP Fault')
    const reason = message.replace('ONVIF SOAP Fault: ', '').replace(/\s+/g, ' ').slice(0, 160)
    return isFault
      ? new CameraError('fault', `${name}: ${reason || 'refused'}`)
      : new CameraError('garbage', `${name}: HTTP ${status}, not a SOAP answer (${reason})`)
  }

  async #post({ service, body, url }: SoapCall): Promise<SoapReply> {
    const { signal, timeoutMs, credentials, auth } = this.#options
    const special = url as Special | undefined
    const address = special?.address ?? this.#serviceAddress(service)
    const isOpen = body.includes('<GetSystemDateAndTime') && !body.includes('<UsernameToken>')
    const answer = await this.http.run({
      url: address,
      method: 'POST',
      body,
      contentType: 'application/soap+xml; charset=utf-8',
      timeoutMs: special?.answerWithinMs ?? timeoutMs,
      maxBytes: soapMaxBytes,
      signal: special?.signal === undefined ? signal : AbortSignal.any([signal, special.signal]),
      ...(auth === 'wsse' || isOpen ? {} : { credentials }),
    })
    return { status: answer.status, xml: answer.body.toString('utf8') }
  }

  #serviceAddress(service: string | undefined): URL {
    const at = service === undefined ? '/onvif/device_service' : this.#soap.services[service]
    const address = typeof at === 'string' ? usableAddress(at, this.place, 'device') : undefined
    if (address !== undefined) return address
    throw new CameraError('fault', `${this.name}: the camera has no ${service} service`)
  }
}

const pullPoint = 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription'
const notification = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager'
