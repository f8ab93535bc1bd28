import { createHash, timingSafeEqual } from 'node:crypto'
import { isReserved } from './local-topics.ts'
import { filterCovers, topicMatches } from './topic-filter.ts'

/** Who may connect to the local broker and what for. Filters are MQTT filters. */
export type Credential = {
  readonly username: string
  readonly password: string
  readonly publish: readonly string[]
  readonly subscribe: readonly string[]
}

export type Access = {
  /** The credential when name and password fit; takes the same time whether or not the name exists. */
  admit(username: string | undefined, password: Uint8Array | undefined): Credential | undefined
}

export function createAccess(credentials: readonly Credential[]): Access {
  const known = new Map(
    credentials.map((credential) => [
      credential.username,
      { credential, digest: digestOf(credential.password) },
    ]),
  )
  const nobody = digestOf('')
  return {
    admit(username, password) {
      const entry = known.get(username ?? '')
      const fits = timingSafeEqual(digestOf(password ?? ''), entry?.digest ?? nobody)
      return fits && password !== undefined ? entry?.credential : undefined
    },
  }
}

/** Topics of the gateway itself are refused to everybody, whatever the credential says. */
export function mayPublish(credential: Credential, topic: string): boolean {
  return !isReserved(topic) && credential.publish.some((filter) => topicMatches(filter, topic))
}

export function maySubscribe(credential: Credential, filter: string): boolean {
  return credential.subscribe.some((allowed) => filterCovers(allowed, filter))
}

/** Equal lengths for `timingSafeEqual`; the secrets themselves lie in memory anyway. */
function digestOf(password: string | Uint8Array): Buffer {
  return createHash('sha256').update(password).digest()
}
