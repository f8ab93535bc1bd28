import { BlockList, isIP } from 'node:net'

/** Where this program may be sent by an address that a person typed. */
export type AddressRules = {
  /** `hooks.example.cn`, `*.example.cn`; everything public when there is none. */
  readonly hosts: readonly string[]
  /** Machines of the own network and this one; without it they are out of reach. */
  readonly privateAddresses: boolean
}

const never = blockList(
  [
    ['0.0.0.0', 8],
    ['169.254.0.0', 16], // link-local; metadata of cloud machines
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ],
  [
    ['::', 128],
    ['64:ff9b::', 96], // IPv4 in disguise
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['2001::', 32],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['fe80::', 10],
    ['ff00::', 8],
  ],
)
const own = blockList(
  [
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
  ],
  [
    ['::1', 128],
    ['fc00::', 7],
    ['fec0::', 10],
  ],
)

function blockList(v4: readonly (readonly [string, number])[], v6: readonly (readonly [string, number])[]) {
  const list = new BlockList()
  for (const [net, bits] of v4) list.addSubnet(net, bits, 'ipv4')
  for (const [net, bits] of v6) list.addSubnet(net, bits, 'ipv6')
  return list
}

/** Why nothing is sent to this IP address; `undefined` when it may be. IPv4 inside IPv6 counts as what it is. Pure. */
export function addressProblem(address: string, { privateAddresses }: AddressRules): string | undefined {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (isIP(address) === 0 || never.check(address, family)) return `${address} is not an address to send to`
  if (!privateAddresses && own.check(address, family))
    return `${address} is a private address: see notifications.webhooks.privateAddresses`
  return undefined
}

/** What is wrong with a URL before anything is asked of it. Pure. */
export function urlProblem(url: URL, rules: AddressRules): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.privateAddresses))
    return 'must begin with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a name or a password'
  const host = hostOf(url)
  if (rules.hosts.length > 0 && !rules.hosts.some((allowed) => matches(host, allowed)))
    return `${host} is not among notifications.webhooks.hosts`
  return isIP(host) === 0 ? undefined : addressProblem(host, rules)
}

/** Without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

function matches(host: string, allowed: string): boolean {
  return allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed
}
