import { type Place, usableAddress } from './addresses.ts'
import { CameraCalls, type ClientOptions, type Subscription } from './camera-calls.ts'
import { CameraError, failureOf } from './camera-error.ts'
import type { OnvifMessage } from './decode-event.ts'
import type { HttpExchange } from './http-exchange.ts'
import { escapeXml } from './onvif-package.ts'
import { listAt, messagesOf, numberAt, referenceHeaders, remainingMs, textAt } from './read-answers.ts'

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

export type PullOptions = {
  /** How long the camera may hold the request while there is nothing to tell. */
  readonly timeoutMs: number
  /** When an answer that has not come counts as none. */
  readonly answerWithinMs: number
  readonly limit: number
  readonly signal: AbortSignal
}
export type Pulled = { readonly messages: readonly OnvifMessage[]; readonly remainingMs: number | undefined }

/** What can be asked of one camera, in our own words. Throws CameraError. */
export class CameraClient {
  readonly #calls: CameraCalls

  constructor(options: ClientOptions) {
    this.#calls = new CameraCalls(options)
  }

  get place(): Place {
    return this.#calls.place
  }

  get http(): HttpExchange {
    return this.#calls.http
  }

  /** How far the camera's clock is ahead of ours. */
  get clockOffsetMs(): number {
    return this.#calls.clockOffsetMs
  }

  /** Throws only where nobody answers. */
  measureClock(): Promise<number> {
    return this.#calls.measureClock()
  }

  has(service: string): boolean {
    return typeof this.#calls.soap.services[service] === 'string'
  }

  /** Clock, services and identity. Resolves only when the camera accepted the user name and the password. */
  async connect(): Promise<CameraInformation> {
    await this.#calls.measureClock()
    await this.#calls.call('getServices', false).catch((error: unknown) => {
      const failure = failureOf(error)
      if (failure !== 'fault' && failure !== 'garbage') throw error
      return this.#calls.call('getCapabilities')
    })
    const found = await this.#calls.call('getDeviceInformation')
    const text = (name: string) => textAt(found, name) ?? ''
    return {
      manufacturer: text('manufacturer'),
      model: text('model'),
      firmware: text('firmwareVersion'),
      serial: text('serialNumber'),
    }
  }

  async mediaProfiles(): Promise<readonly MediaProfile[]> {
    const list = await this.#calls.call('getProfiles').catch((error: unknown) => {
      if (failureOf(error) !== 'fault' || !this.#calls.soap.usesSecondMedia) throw error
      this.#calls.soap.useFirstMediaOnly()
      return this.#calls.call('getProfiles')
    })
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
    const list = await this.#calls.call('getVideoSources')
    return listAt(list).map((one) => textAt(one, '$', 'token') ?? '')
  }

  async streamAddress(profileToken: string): Promise<URL | undefined> {
    const found = await this.#calls.call('getStreamUri', {
      protocol: 'RTSP',
      profileToken: escapeXml(profileToken),
    })
    return usableAddress(textAt(found, 'uri') ?? '', this.place, 'device')
  }

  /** As the camera says it; it may hold a user name and a password, so it is for `snapshotAddresses` alone. */
  async snapshotText(profileToken: string): Promise<string> {
    const found = await this.#calls.call('getSnapshotUri', { profileToken: escapeXml(profileToken) })
    return textAt(found, 'uri') ?? ''
  }

  async subscribe(terminationMs: number, host: 'advertised' | 'device'): Promise<Subscription> {
    const body =
      '<CreatePullPointSubscription xmlns="http://www.onvif.org/ver10/events/wsdl">' +
      `<InitialTerminationTime>${seconds(terminationMs)}</InitialTerminationTime></CreatePullPointSubscription>`
    const { data, xml } = await this.#calls.request('CreatePullPointSubscription', body, 'events')
    const answer = data[0]?.createPullPointSubscriptionResponse
    const text = textAt(answer, 'subscriptionReference', 'address') ?? ''
    const address = usableAddress(text, this.place, host)
    if (address === undefined)
      throw new CameraError('garbage', `${this.#calls.name}: a subscription without an address`)
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
    const { data } = await this.#calls.atSubscription('PullMessages', subscription, body, until)
    const answer = data[0]?.pullMessagesResponse
    if (answer === undefined)
      throw new CameraError('garbage', `${this.#calls.name}: no answer to PullMessages`)
    return { messages: messagesOf(answer), remainingMs: remainingMs(answer) }
  }

  /** How long the subscription lives from now on. */
  async renew(subscription: Subscription, terminationMs: number): Promise<number> {
    const body =
      '<Renew xmlns="http://docs.oasis-open.org/wsn/b-2">' +
      `<TerminationTime>${seconds(terminationMs)}</TerminationTime></Renew>`
    const { data } = await this.#calls.atSubscription('Renew', subscription, body)
    return remainingMs(data[0]?.renewResponse) ?? terminationMs
  }

  /** Asks the camera to tell the state of all its properties again. */
  async synchronize(subscription: Subscription): Promise<void> {
    const body = '<SetSynchronizationPoint xmlns="http://www.onvif.org/ver10/events/wsdl"/>'
    await this.#calls.atSubscription('SetSynchronizationPoint', subscription, body)
  }

  async unsubscribe(subscription: Subscription): Promise<void> {
    await this.#calls.atSubscription(
      'Unsubscribe',
      subscription,
      '<Unsubscribe xmlns="http://docs.oasis-open.org/wsn/b-2"/>',
    )
  }

  /** Tokens of the relay outputs in the camera's order. */
  async relayOutputs(): Promise<readonly string[]> {
    const body = '<GetRelayOutputs xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
    const { data } = await this.#calls.request('GetRelayOutputs', body)
    const answer = data[0]?.getRelayOutputsResponse
    return listAt(listAt(answer)[0], 'relayOutputs').map((one) => textAt(one, '$', 'token') ?? '')
  }

  async setRelay(token: string, active: boolean): Promise<void> {
    const body =
      '<SetRelayOutputState xmlns="http://www.onvif.org/ver10/device/wsdl">' +
      `<RelayOutputToken>${escapeXml(token)}</RelayOutputToken>` +
      `<LogicalState>${active ? 'active' : 'inactive'}</LogicalState></SetRelayOutputState>`
    await this.#calls.request('SetRelayOutputState', body)
  }

  /** In the camera's own scale. */
  async brightness(source: string): Promise<number | undefined> {
    const found = await this.#calls.call('getImagingSettings', { token: escapeXml(source) })
    return numberAt(found, 'brightness')
  }

  /** What the camera's scale goes from and to; 0 to 100 where it does not say. */
  async brightnessRange(source: string): Promise<{ readonly min: number; readonly max: number }> {
    const found = await this.#calls.call('getVideoSourceOptions', { token: escapeXml(source) })
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
    await this.#calls.request('SetImagingSettings', body, 'imaging')
  }

  /** Token → name. */
  async presets(profileToken: string): Promise<ReadonlyMap<string, string>> {
    const options = { profileToken: escapeXml(profileToken) }
    await this.#calls.call('getPresets', options)
    return new Map(
      Object.entries(this.#calls.soap.presets).map(([token, one]) => [token, textAt(one, 'name') ?? '']),
    )
  }

  async gotoPreset(profileToken: string, preset: string): Promise<void> {
    const options = { profileToken: escapeXml(profileToken), preset: escapeXml(preset) }
    await this.#calls.call('gotoPreset', options)
  }

  async gotoHome(profileToken: string): Promise<void> {
    const options = { profileToken: escapeXml(profileToken) }
    await this.#calls.call('gotoHomePosition', options)
  }

  /** The camera itself stops after `timeoutMs`; that is a second guard, not the only one. */
  async move(profileToken: string, speed: MoveSpeed, timeoutMs: number): Promise<void> {
    const options = { profileToken: escapeXml(profileToken), ...speed, timeout: timeoutMs }
    await this.#calls.call('continuousMove', options)
  }

  async stop(profileToken: string): Promise<void> {
    const options = { profileToken: escapeXml(profileToken), panTilt: true, zoom: true }
    await this.#calls.call('stop', options)
  }
}

/** Parts of full speed, -1 to 1. */
export type MoveSpeed = { readonly x: number; readonly y: number; readonly zoom: number }

function seconds(ms: number): string {
  return `PT${Math.max(1, Math.round(ms / 1000))}S`
}
