import { hostPort } from '#lib/host-port.ts'

/** Where a camera is reached: the host of the configuration and the port that answered. */
export type Place = { readonly host: string; readonly port: number }

export function originOf({ host, port }: Place): URL {
  return new URL(`http://${hostPort(host, port)}/`)
}

/**
 * The address a camera hands out, as it can be used from here. `device` keeps its path alone: behind address translation,
 * after a change of network, or with a relative address, a camera does not know where it is reached. User names and
 * passwords in it are left out. `undefined` for a text that is no address. Pure.
 */
export function usableAddress(text: string, place: Place, host: 'advertised' | 'device'): URL | undefined {
  const origin = originOf(place)
  const url = URL.parse(text.trim(), origin.href)
  if (url === null || text.trim() === '') return undefined
  url.username = ''
  url.password = ''
  if (host === 'advertised' && !isNowhere(url.hostname)) return url
  if (url.protocol !== 'http:' && url.protocol !== 'rtsp:') return url
  if (url.protocol === 'http:') url.port = origin.port
  url.hostname = origin.hostname
  return url
}

/** The same address at the camera's own host, the port it names first: pictures are often served by another program. */
export function snapshotAddresses(text: string, place: Place, rewriteHost: boolean): readonly URL[] {
  const advertised = usableAddress(text, place, 'advertised')
  if (advertised === undefined) return []
  if (!rewriteHost) return [advertised]
  const samePort = new URL(advertised)
  samePort.hostname = originOf(place).hostname
  const served = usableAddress(text, place, 'device')
  const all = [samePort, served ?? samePort]
  return all.filter((one, i) => all.findIndex(({ href }) => href === one.href) === i)
}

function isNowhere(hostname: string): boolean {
  return hostname === '' || hostname === '0.0.0.0' || hostname === '[::]'
}
