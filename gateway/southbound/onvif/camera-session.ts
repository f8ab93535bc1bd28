import type { OnvifDevice } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Place } from './addresses.ts'
import { CameraClient, type CameraInformation, type MediaProfile } from './camera-client.ts'
import { CameraError, failureOf } from './camera-error.ts'
import type { Tokens } from './decode-event.ts'
import type { Credentials } from './digest.ts'

export type SessionOptions = {
  readonly credentials: Credentials
  readonly clock: Clock
  readonly signal: AbortSignal
}

export type Streams = { readonly main?: MediaProfile; readonly sub?: MediaProfile }

const callTimeoutMs = 6_000
/** After the end the client lives on for as long as saying goodbye takes. */
const goodbyeMs = 2_000

/** Logged in at a camera, with what it said about itself. */
export class CameraSession implements AsyncDisposable {
  readonly client: CameraClient
  readonly place: Place
  readonly information: CameraInformation
  readonly profiles: readonly MediaProfile[]
  /** Tokens of video sources → number of the channel. */
  readonly tokens: Tokens
  readonly #sources: readonly string[]
  readonly #end: () => void
  #relays: readonly string[] | undefined

  constructor(parts: {
    readonly client: CameraClient
    readonly information: CameraInformation
    readonly profiles: readonly MediaProfile[]
    readonly sources: readonly string[]
    readonly end: () => void
  }) {
    const { client, information, profiles, sources, end } = parts
    this.client = client
    this.place = client.place
    this.information = information
    this.profiles = profiles
    this.#sources = sources
    this.#end = end
    this.tokens = new Map(
      sources.flatMap((token, i) =>
        [token, ...configurations(token, profiles)].map((one) => [one, i + 1] as const),
      ),
    )
  }

  /** Main and sub stream of a device's channel. */
  streamsOf({ address }: OnvifDevice): Streams {
    const own = this.profiles.filter(({ source }) => source === this.sourceOf(address.channel))
    const pool = own.length > 0 ? own : address.channel === undefined ? this.profiles : []
    const bySize = pool.toSorted((a, b) => b.width * b.height - a.width * a.height)
    const [largest, smallest] = [bySize[0], bySize.at(-1)]
    const [main, sub] = address.mainStream === 'largest' ? [largest, smallest] : [smallest, largest]
    return { ...(main === undefined ? {} : { main }), ...(sub === undefined ? {} : { sub }) }
  }

  sourceOf(channel = 1): string | undefined {
    return this.#sources[channel - 1]
  }

  /** The token of a relay output, by itself or by its number in the camera's list. */
  async relayToken(output: string): Promise<string> {
    this.#relays ??= await this.client.relayOutputs()
    if (this.#relays.includes(output)) return output
    const token = this.#relays[Number(output) - 1]
    if (token !== undefined) return token
    throw new CameraError(
      'fault',
      `no relay output ${output}; there are ${this.#relays.join(', ') || 'none'}`,
    )
  }

  /** In percent of the camera's own scale. */
  async brightnessOf({ address }: OnvifDevice): Promise<number | undefined> {
    const source = this.sourceOf(address.channel)
    if (source === undefined) return undefined
    const { min, max } = await this.client.brightnessRange(source)
    const value = await this.client.brightness(source)
    return value === undefined ? undefined : Math.round((1000 * (value - min)) / (max - min)) / 10
  }

  async setBrightness({ address }: OnvifDevice, percent: number): Promise<void> {
    const source = this.sourceOf(address.channel)
    if (source === undefined) throw new CameraError('fault', 'the camera lists no such video source')
    const { min, max } = await this.client.brightnessRange(source)
    await this.client.setBrightness(source, Math.round(min + (percent / 100) * (max - min)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
  }
}

/** Tries the ports in their order and logs in at the first that speaks ONVIF. Throws CameraError. */
export async function openSession(device: OnvifDevice, options: SessionOptions): Promise<CameraSession> {
  const { address } = device
  let last: unknown = new CameraError('unreachable', `${address.host}: no port to try`)
  for (const port of address.ports) {
    try {
      return await login({ host: address.host, port }, device, options)
    } catch (error) {
      last = moreTelling(last, error)
      const failure = failureOf(error)
      // Another port would be asked with the same password, or is out of reach as well.
      if (options.signal.aborted || failure === undefined || failure === 'credentials') throw error
    }
  }
  throw last
}

async function login(
  place: Place,
  { address }: OnvifDevice,
  options: SessionOptions,
): Promise<CameraSession> {
  const { credentials, clock, signal } = options
  const ended = new AbortController()
  const over = () => {
    void clock.sleep(goodbyeMs, ended.signal).then(() => ended.abort())
  }
  const client = new CameraClient({
    ...{ place, credentials, clock, signal: ended.signal, timeoutMs: callTimeoutMs },
    ...{ auth: address.auth, clockOffset: address.clockOffset },
  })
  // Stopping must not wait for a camera that is slow to answer.
  signal.addEventListener('abort', over, { once: true })
  const end = () => {
    signal.removeEventListener('abort', over)
    ended.abort()
  }
  try {
    const information = await client.connect()
    const media = client.has('media') || client.has('media2')
    const profiles = media ? await client.mediaProfiles().catch(unlessGone) : []
    const sources = media ? await client.videoSources().catch(unlessGone) : []
    return new CameraSession({ client, information, profiles, sources, end })
  } catch (error) {
    end()
    throw error
  }
}

/** A door station may advertise media and have none: events and relays work all the same. */
function unlessGone(error: unknown): readonly never[] {
  if (failureOf(error) === 'fault' || failureOf(error) === 'garbage') return []
  throw error
}

/** A port that answered something says more than one that did not. */
function moreTelling(before: unknown, now: unknown): unknown {
  return failureOf(before) === 'garbage' || failureOf(before) === 'fault' ? before : now
}

/** Events name the source or its configuration, and the tokens of the two differ. */
function configurations(source: string, profiles: readonly MediaProfile[]): readonly string[] {
  return profiles.filter((one) => one.source === source).map(({ sourceConfiguration }) => sourceConfiguration)
}
