import { createHash, randomUUID } from 'node:crypto'
import type { OnvifDevice } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { originOf, type Place, usableAddress } from './addresses.ts'
import { CameraError, failureOf } from './camera-error.ts'
import type { OnvifMessage } from './decode-event.ts'
import type { Credentials } from './digest.ts'
import { HttpExchange, shown } from './http-exchange.ts'
import { escapeXml, OnvifSoap, type SoapCall, type SoapReply } from './onvif-package.ts'
import { listAt, messagesOf, numberAt, referenceHeaders, remainingMs, textAt } from './read-answers.ts'

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

export type CameraInformation = {
  readonly manufacturer: string
  readonly model: string
  readonly firmware: string
  readonly serial: string
}

export type MediaProfile = {
  readonly token: string
  /** Token of the video source it shows. */
  readonly source: string
  /** Token of the source's configuration: events often name this one. */
  readonly sourceConfiguration: string
  readonly encoding: string
  readonly width: number
  readonly height: number
}

/** A pull point of ours at the camera. */
export type Subscription = {
  readonly address: URL
  /** Header elements that the camera wants to see again. */
  readonly reference: string
  readonly remainingMs: number
}

type Until = { readonly answerWithinMs?: number; readonly signal?: AbortSignal }
type Special = Until & { readonly address: URL }
export type PullOptions = {
  /** How long the camera may hold the request while there is nothing to tell. */
  readonly timeoutMs: number
  /** When an answer that has not come counts as none. */
  readonly answerWithinMs: number
  readonly limit: number
  readonly signal: AbortSignal
}
export type Pulled = { readonly messages: readonly OnvifMessage[]; readonly remainingMs: number | undefined }

const soapMaxBytes = 2 * 1024 * 1024
/** A clock that moved by this much is why a login was refused. */
const clockSlackMs = 2_000

/**
 * One camera over SOAP: every call is one request that ends in time. Throws CameraError with what went wrong, never
 * anything else, and no message holds a password.
 */
export class CameraClient {
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

  has(service: string): boolean {
    return typeof this.#soap.services[service] === 'string'
  }

  /** Clock, services and identity. Resolves only when the camera accepted the user name and the password. */
  async connect(): Promise<CameraInformation> {
    await this.measureClock()
    await this.#ask('GetServices', () => this.#soap.call('getServices', false)).catch((error: unknown) => {
      if (failureOf(error) === 'unreachable' || failureOf(error) === 'timeout') throw error
      return this.#ask('GetCapabilities', () => this.#soap.call('getCapabilities'))
    })
    const found = await this.#login('GetDeviceInformation', () => this.#soap.call('getDeviceInformation'))
    const text = (name: string) => textAt(found, name) ?? ''
    return {
      manufacturer: text('manufacturer'),
      model: text('model'),
      firmware: text('firmwareVersion'),
      serial: text('serialNumber'),
    }
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

  async mediaProfiles(): Promise<readonly MediaProfile[]> {
    const list = await this.#login('GetProfiles', () => this.#soap.call('getProfiles')).catch(
      (error: unknown) => {
        if (failureOf(error) !== 'fault' || !this.#soap.usesSecondMedia) throw error
        this.#soap.useFirstMediaOnly()
        return this.#login('GetProfiles', () => this.#soap.call('getProfiles'))
      },
    )
    return listAt(list).map((one) => ({
      token: textAt(one, '$', 'token') ?? '',
      source: textAt(one, 'videoSourceConfiguration', 'sourceToken') ?? '',
      sourceConfiguration: textAt(one, 'videoSourceConfiguration', '$', 'token') ?? '',
      encoding: textAt(one, 'videoEncoderConfiguration', 'encoding') ?? '',
      width: numberAt(one, 'videoEncoderConfiguration', 'resolution', 'width') ?? 0,
      height: numberAt(one, 'videoEncoderConfiguration', 'resolution', 'height') ?? 0,
    }))
  }

  /** Tokens of the video sources in the camera's order, which is the order of the channels. */
  async videoSources(): Promise<readonly string[]> {
    const list = await this.#login('GetVideoSources', () => this.#soap.call('getVideoSources'))
    return listAt(list).map((one) => textAt(one, '$', 'token') ?? '')
  }

  async streamAddress(profileToken: string): Promise<URL | undefined> {
    const found = await this.#login('GetStreamUri', () =>
      this.#soap.call('getStreamUri', { protocol: 'RTSP', profileToken: escapeXml(profileToken) }),
    )
    return usableAddress(textAt(found, 'uri') ?? '', this.place, 'device')
  }

  /** As the camera says it; it may hold a user name and a password, so it is for `snapshotAddresses` alone. */
  async snapshotText(profileToken: string): Promise<string> {
    const found = await this.#login('GetSnapshotUri', () =>
      this.#soap.call('getSnapshotUri', { profileToken: escapeXml(profileToken) }),
    )
    return textAt(found, 'uri') ?? ''
  }

  async subscribe(terminationMs: number, host: 'advertised' | 'device'): Promise<Subscription> {
    const body =
      '<CreatePullPointSubscription xmlns="http://www.onvif.org/ver10/events/wsdl">' +
      `<InitialTerminationTime>${seconds(terminationMs)}</InitialTerminationTime></CreatePullPointSubscription>`
    const { data, xml } = await this.#login('CreatePullPointSubscription', () =>
      this.#soap.request({ service: 'events', body }),
    )
    const answer = data[0]?.createPullPointSubscriptionResponse
    const text = textAt(answer, 'subscriptionReference', 'address') ?? ''
    const address = usableAddress(text, this.place, host)
    if (address === undefined)
      throw new CameraError('garbage', `${this.#name}: a subscription without an address`)
    return {
      address,
      reference: referenceHeaders(xml),
      remainingMs: remainingMs(answer) ?? terminationMs,
    }
  }

  async pull(subscription: Subscription, { timeoutMs, limit, ...until }: PullOptions): Promise<Pulled> {
    const body =
      `<PullMessages xmlns="http://www.onvif.org/ver10/events/wsdl"><Timeout>${seconds(timeoutMs)}</Timeout>` +
      `<MessageLimit>${limit}</MessageLimit></PullMessages>`
    const { data } = await this.#atSubscription('PullMessages', subscription, body, until)
    const answer = data[0]?.pullMessagesResponse
    if (answer === undefined) throw new CameraError('garbage', `${this.#name}: no answer to PullMessages`)
    return { messages: messagesOf(answer), remainingMs: remainingMs(answer) }
  }

  /** How long the subscription lives from now on. */
  async renew(subscription: Subscription, terminationMs: number): Promise<number> {
    const body =
      '<Renew xmlns="http://docs.oasis-open.org/wsn/b-2">' +
      `<TerminationTime>${seconds(terminationMs)}</TerminationTime></Renew>`
    const { data } = await this.#atSubscription('Renew', subscription, body)
    return remainingMs(data[0]?.renewResponse) ?? terminationMs
  }

  /** Asks the camera to tell the state of all its properties again. */
  async synchronize(subscription: Subscription): Promise<void> {
    const body = '<SetSynchronizationPoint xmlns="http://www.onvif.org/ver10/events/wsdl"/>'
    await this.#atSubscription('SetSynchronizationPoint', subscription, body)
  }

  async unsubscribe(subscription: Subscription): Promise<void> {
    await this.#atSubscription(
      'Unsubscribe',
      subscription,
      '<Unsubscribe xmlns="http://docs.oasis-open.org/wsn/b-2"/>',
    )
  }

  /** Tokens of the relay outputs in the camera's order. */
  async relayOutputs(): Promise<readonly string[]> {
    const body = '<GetRelayOutputs xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
    const { data } = await this.#login('GetRelayOutputs', () => this.#soap.request({ body }))
    const answer = data[0]?.getRelayOutputsResponse
    return listAt(listAt(answer)[0], 'relayOutputs').map((one) => textAt(one, '$', 'token') ?? '')
  }

  async setRelay(token: string, active: boolean): Promise<void> {
    const body =
      '<SetRelayOutputState xmlns="http://www.onvif.org/ver10/device/wsdl">' +
      `<RelayOutputToken>${escapeXml(token)}</RelayOutputToken>` +
      `<LogicalState>${active ? 'active' : 'inactive'}</LogicalState></SetRelayOutputState>`
    await this.#login('SetRelayOutputState', () => this.#soap.request({ body }))
  }

  /** In the camera's own scale. */
  async brightness(source: string): Promise<number | undefined> {
    const found = await this.#login('GetImagingSettings', () =>
      this.#soap.call('getImagingSettings', { token: escapeXml(source) }),
    )
    return numberAt(found, 'brightness')
  }

  /** What the camera's scale goes from and to; 0 to 100 where it does not say. */
  async brightnessRange(source: string): Promise<{ readonly min: number; readonly max: number }> {
    const found = await this.#login('GetOptions', () =>
      this.#soap.call('getVideoSourceOptions', { token: escapeXml(source) }),
    )
    const [min = 0, max = 100] = [numberAt(found, 'brightness', 'min'), numberAt(found, 'brightness', 'max')]
    return max > min ? { min, max } : { min: 0, max: 100 }
  }

  /** By hand: the package leaves a brightness of 0 out. */
  async setBrightness(source: string, brightness: number): Promise<void> {
    const body =
      '<SetImagingSettings xmlns="http://www.onvif.org/ver20/imaging/wsdl">' +
      `<VideoSourceToken>${escapeXml(source)}</VideoSourceToken><ImagingSettings>` +
      `<Brightness xmlns="http://www.onvif.org/ver10/schema">${brightness}</Brightness></ImagingSettings>` +
      '<ForcePersistence>true</ForcePersistence></SetImagingSettings>'
    await this.#login('SetImagingSettings', () => this.#soap.request({ service: 'imaging', body }))
  }

  /** Token → name. */
  async presets(profileToken: string): Promise<ReadonlyMap<string, string>> {
    const options = { profileToken: escapeXml(profileToken) }
    await this.#login('GetPresets', () => this.#soap.call('getPresets', options))
    return new Map(
      Object.entries(this.#soap.presets).map(([token, one]) => [token, textAt(one, 'name') ?? '']),
    )
  }

  async gotoPreset(profileToken: string, preset: string): Promise<void> {
    const options = { profileToken: escapeXml(profileToken), preset: escapeXml(preset) }
    await this.#login('GotoPreset', () => this.#soap.call('gotoPreset', options))
  }

  async gotoHome(profileToken: string): Promise<void> {
    const options = { profileToken: escapeXml(profileToken) }
    await this.#login('GotoHomePosition', () => this.#soap.call('gotoHomePosition', options))
  }

  /** The camera itself stops after `timeoutMs`; that is a second guard, not the only one. */
  async move(profileToken: string, speed: MoveSpeed, timeoutMs: number): Promise<void> {
    const options = { profileToken: escapeXml(profileToken), ...speed, timeout: timeoutMs }
    await this.#login('ContinuousMove', () => this.#soap.call('continuousMove', options))
  }

  async stop(profileToken: string): Promise<void> {
    const options = { profileToken: escapeXml(profileToken), panTilt: true, zoom: true }
    await this.#login('Stop', () => this.#soap.call('stop', options))
  }

  get #name(): string {
    return shown(originOf(this.place))
  }

  #atSubscription(operation: string, { address, reference }: Subscription, body: string, until: Until = {}) {
    const namespace = operation === 'Renew' || operation === 'Unsubscribe' ? notification : pullPoint
    const addressing =
      `<a:Action>${namespace}/${operation}Request</a:Action><a:MessageID>urn:uuid:${randomUUID()}</a:MessageID>` +
      `<a:To>${escapeXml(address.href)}</a:To>${reference}`
    const url: Special = { address, ...until }
    return this.#login(operation, () => this.#soap.request({ url, body }, addressing))
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
    const name = `${this.#name} ${operation}`
    if (/NotAuthorized|not authorized|FailedAuthentication|InvalidSecurity/i.test(xml)) {
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
    throw new CameraError('fault', `${this.#name}: the camera has no ${service} service`)
  }
}

/** Parts of full speed, -1 to 1. */
export type MoveSpeed = { readonly x: number; readonly y: number; readonly zoom: number }

const pullPoint = 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription'
const notification = 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager'

function seconds(ms: number): string {
  return `PT${Math.max(1, Math.round(ms / 1000))}S`
}
