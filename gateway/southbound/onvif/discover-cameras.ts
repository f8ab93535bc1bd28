import { randomUUID } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Clock } from '#lib/clock.ts'
import type { Proposal } from '../proposal.ts'
import { readSoap } from './onvif-package.ts'
import { at, listAt, textAt } from './read-answers.ts'

export type DiscoverCameras = {
  /** Address of the network interface to ask on; the system's choice where absent. */
  readonly interface?: string
  /** Ask this one instead of everybody: across a router no multicast comes through. */
  readonly target?: { readonly host: string; readonly port: number }
  readonly timeoutMs: number
  readonly clock: Clock
  /** Vendors by their profile: what a camera says of itself is looked up in it. */
  readonly profiles: readonly { readonly id: string; readonly vendor: string }[]
}

const everybody = { host: '239.255.255.250', port: 3702 }
const types = ['dn:NetworkVideoTransmitter', 'tds:Device']
/** Datagrams get lost: each question is asked this often. */
const rounds = 2
const betweenMs = 300
const maxFound = 500
const fallback = 'onvif.camera'

/**
 * WS-Discovery: asks who is there and gives what answered in time, each camera once. Nothing is logged in to. What comes
 * that is no answer to the question is left aside. Throws where the interface does not exist.
 */
export async function discoverCameras(
  options: DiscoverCameras,
  signal: AbortSignal,
): Promise<readonly Proposal[]> {
  const { clock, timeoutMs, target = everybody } = options
  const found = new Map<string, Proposal>()
  const asked = new Set<string>()
  using socket = await openSocket(options)
  socket.on('message', (bytes, from) => {
    const seenAt = clock.now()
    for (const one of readProbeMatches(bytes, from, { asked, seenAt, profiles: options.profiles })) {
      if (found.size < maxFound || found.has(one.key)) found.set(one.key, one)
    }
  })
  const until = clock.monotonic() + timeoutMs
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    for (const type of types) {
      const id = `urn:uuid:${randomUUID()}`
      asked.add(id)
      await socket.ask(probe(id, type), target)
    }
    await clock.sleep(Math.min(betweenMs, timeoutMs), signal)
  }
  await clock.sleep(Math.max(0, until - clock.monotonic()), signal)
  return [...found.values()]
}

type Question = {
  readonly asked: ReadonlySet<string>
  readonly seenAt: number
  readonly profiles: DiscoverCameras['profiles']
}

/** What a datagram proposes; nothing where it is no answer to one of our questions. Never throws. */
export function readProbeMatches(
  bytes: Uint8Array,
  from: Pick<RemoteInfo, 'address'>,
  { asked, seenAt, profiles }: Question,
): Proposal[] {
  const text = Buffer.from(bytes).toString('utf8')
  const [, relatesTo = ''] = /RelatesTo[^>]*>\s*([^<\s]+)\s*</.exec(text) ?? []
  const read = asked.has(relatesTo) ? readSoap(text, 200) : undefined
  if (read === undefined || 'error' in read) return []
  return listAt(at(read.data[0], 'probeMatches'), 'probeMatch').flatMap((match) => {
    const place = placeOf(textAt(match, 'XAddrs') ?? '', from.address)
    if (place === undefined) return []
    const scopes = (textAt(match, 'scopes') ?? '').split(/\s+/)
    const [name, hardware] = [scopeOf(scopes, 'name'), scopeOf(scopes, 'hardware')]
    const profile = profileFor(`${name ?? ''} ${hardware ?? ''}`, profiles)
    return [
      {
        key: plain(textAt(match, 'endpointReference', 'address') || `${place.host}:${place.port}`),
        protocol: 'onvif' as const,
        name: name ?? hardware ?? place.host,
        source: from.address,
        instance: place,
        seenAt,
        ...(profile === undefined ? {} : { profile }),
        ...(hardware === undefined ? {} : { model: hardware }),
      },
    ]
  })
}

/** Of several addresses the one that the answer came from; a camera may sit in more than one network. */
function placeOf(addresses: string, from: string): { host: string; port: number } | undefined {
  const all = addresses
    .split(/\s+/)
    .map((text) => URL.parse(text))
    .filter((url) => url?.protocol === 'http:')
  const url = all.find((one) => one?.hostname === from) ?? all[0]
  if (url === null || url === undefined) return undefined
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) }
}

function scopeOf(scopes: readonly string[], kind: string): string | undefined {
  const start = `onvif://www.onvif.org/${kind}/`
  const text = scopes.find((scope) => scope.startsWith(start))?.slice(start.length)
  if (text === undefined || text === '') return undefined
  try {
    return plain(decodeURIComponent(text))
  } catch {
    return plain(text)
  }
}

/** The words of a stranger: short and without anything that moves a cursor. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ').trim().slice(0, 100)
}

function profileFor(words: string, profiles: DiscoverCameras['profiles']): string | undefined {
  const said = words.toLowerCase()
  const fits = profiles.find(({ id, vendor }) => id !== fallback && said.includes(vendor.toLowerCase()))
  return fits?.id ?? profiles.find(({ id }) => id === fallback)?.id
}

type AskingSocket = Disposable & {
  on(event: 'message', listener: (bytes: Uint8Array, from: RemoteInfo) => void): void
  ask(text: string, target: { readonly host: string; readonly port: number }): Promise<void>
}

async function openSocket({ interface: address }: DiscoverCameras): Promise<AskingSocket> {
  const socket: Socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    socket.bind({ port: 0, ...(address === undefined ? {} : { address }) })
    await once(socket, 'listening')
    if (address !== undefined) socket.setMulticastInterface(address)
  } catch (error) {
    socket.close()
    throw error
  }
  // From now on: a network that refuses one datagram is no reason to end.
  socket.on('error', () => {})
  return {
    on: (event, listener) => void socket.on(event, listener),
    ask: (text, { host, port }) =>
      new Promise((resolve) => {
        socket.send(text, port, host, () => resolve())
      }),
    [Symbol.dispose]: () => socket.close(),
  }
}

function probe(id: string, type: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"' +
    ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"' +
    ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">' +
    `<e:Header><w:MessageID>${id}</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>` +
    '<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>' +
    `<e:Body><d:Probe><d:Types>${type}</d:Types></d:Probe></e:Body></e:Envelope>`
  )
}
