/**
 * The npm package `onvif`, as far as it is used, with types: it writes the SOAP bodies and reads the answers. Left out are
 * its transport (no bound on size, an idle timeout only, no way to give up), its event loop (it ends for good after one
 * fault, and turns without a pause on others), its connect (a wrong password "connects") and its addresses. No other file
 * imports it.
 */
import { randomBytes } from 'node:crypto'
import onvif from 'onvif'
import utils from 'onvif/lib/utils.js'

export type SoapAnswer = { readonly data: readonly XmlTree[]; readonly xml: string }

/** What its XML reader makes of an element: every child is a list, attributes are under `$`, text may be under `_`. */
export type XmlTree = { readonly [name: string]: unknown }

export type SoapCall = {
  /** `media`, `ptz`, …; absent: the device service. */
  readonly service?: string
  readonly body: string
  /** Instead of the address of a service. */
  readonly url?: unknown
}
export type SoapReply = { readonly status: number; readonly xml: string }

export type SoapParts = {
  readonly username: string
  readonly password: string
  readonly withToken: boolean
  /** What time it is for the camera. */
  readonly cameraNow: () => number
  /** Carries one request; throws CameraError. */
  readonly post: (call: SoapCall) => Promise<SoapReply>
}

type Callback = (error: Error | null, data?: unknown, xml?: string, status?: number) => void

/** The methods of the package's camera that are used, and the private ones that are replaced. */
type PackageCamera = {
  username: string
  password: string
  media2Support: boolean
  uri?: Record<string, unknown>
  presets?: Record<string, unknown>
  _request(call: SoapCall, callback: Callback): void
  _parseUrl(address: string): unknown
  _passwordDigest(): { passdigest: string; nonce: string; timestamp: string }
  _envelopeHeader(openHeader?: boolean): string
  _envelopeFooter(): string
} & Record<SoapMethod, (...args: unknown[]) => void>

const asked = [
  ...['getSystemDateAndTime', 'getServices', 'getCapabilities', 'getDeviceInformation', 'getProfiles'],
  ...['getVideoSources', 'getStreamUri', 'getSnapshotUri', 'getImagingSettings', 'getVideoSourceOptions'],
  ...['setImagingSettings', 'getPresets', 'gotoPreset', 'gotoHomePosition', 'continuousMove', 'stop'],
  'getStatus',
] as const
export type SoapMethod = (typeof asked)[number]

const { parseSOAPString } = utils as {
  parseSOAPString(xml: string, callback: Callback, status: number): void
}

/** A fault, or an answer that is none; `xml` is what came. */
export type ReadSoap = { readonly data: readonly XmlTree[] } | { readonly error: Error }

/** Reads an envelope with the package's reader; never throws. */
export function readSoap(xml: string, status: number): ReadSoap {
  let read: ReadSoap = { error: new Error('no answer in it') }
  try {
    parseSOAPString(
      xml,
      (error, data) => {
        read = error === null || error === undefined ? { data: data as XmlTree[] } : { error }
      },
      status,
    )
  } catch (error) {
    read = { error: error as Error }
  }
  return read
}

/** The package's camera with our transport, our clock and our passwords under it. It connects nowhere by itself. */
export class OnvifSoap {
  readonly #cam: PackageCamera
  readonly #post: SoapParts['post']

  constructor(parts: SoapParts, sha1: (nonce: Buffer, created: string) => string) {
    this.#post = parts.post
    const cam = new onvif.Cam({
      hostname: 'camera',
      // Goes into XML as it is.
      username: escapeXml(parts.username),
      // Kept out of the package: it needs to know only that there is one.
      password: 'not-here',
      useWSSecurity: parts.withToken,
      autoconnect: false,
    }) as unknown as PackageCamera
    cam._request = (call, callback) => {
      this.#exchange(call).then(
        ({ data, xml }) => callback(null, data, xml),
        // The package asks again with a password where the words of the answer, or its status, say so.
        (error: Error & Partial<SoapReply>) => callback(error, undefined, error.xml ?? '', error.status),
      )
    }
    cam._parseUrl = (address) => address
    cam._passwordDigest = () => {
      const nonce = randomBytes(16)
      const timestamp = new Date(parts.cameraNow()).toISOString()
      return { passdigest: sha1(nonce, timestamp), nonce: nonce.toString('base64'), timestamp }
    }
    this.#cam = cam
  }

  /** Calls a method of the package; its answer is what the package makes of it. */
  call(method: SoapMethod, ...args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#cam[method](...args, (error: unknown, data: unknown) => {
        if (error === null || error === undefined || error === false) resolve(data)
        else reject(error)
      })
    })
  }

  /** For what the package has no method: `body` inside an envelope with the right header. */
  async request(call: SoapCall, addressing?: string): Promise<SoapAnswer> {
    const head =
      addressing === undefined
        ? this.#cam._envelopeHeader()
        : `${this.#cam._envelopeHeader(true)}${addressing}</s:Header><s:Body>`
    return await this.#exchange({ ...call, body: head + call.body + this.#cam._envelopeFooter() })
  }

  /** Addresses of the services by the package's names. */
  get services(): Readonly<Record<string, unknown>> {
    return this.#cam.uri ?? {}
  }

  /** By token, after `getPresets`: its own answer is by name, and names are often empty or the same. */
  get presets(): Readonly<Record<string, unknown>> {
    return this.#cam.presets ?? {}
  }

  /** Some cameras advertise the second generation of the media service and do not serve it. */
  useFirstMediaOnly(): void {
    this.#cam.media2Support = false
  }

  get usesSecondMedia(): boolean {
    return this.#cam.media2Support === true
  }

  async #exchange(call: SoapCall): Promise<SoapAnswer> {
    const { status, xml } = await this.#post(call)
    const read = readSoap(xml, status)
    if ('error' in read) throw Object.assign(read.error, { status, xml })
    return { data: read.data, xml }
  }
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)
}
