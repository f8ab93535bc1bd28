import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { hostPort } from '#lib/host-port.ts'
import type { CameraSimulator } from './camera-simulator.ts'
import { scopesOf } from './device-answers.ts'
import { child, escapeXml, parseXml, textAt } from './xml.ts'

export type ResponderOptions = {
  readonly cameras: readonly CameraSimulator[]
  /** 0: any free one, for who asks it directly; 3702 listens to everybody's questions too. */
  readonly port?: number
  readonly host?: string
}

const group = '239.255.255.250'

/** Answers WS-Discovery probes for simulated cameras. */
export class DiscoveryResponder implements AsyncDisposable {
  readonly #socket: Socket
  readonly #cameras: readonly CameraSimulator[]

  private constructor(socket: Socket, cameras: readonly CameraSimulator[]) {
    this.#socket = socket
    this.#cameras = cameras
  }

  static async start({
    cameras,
    port = 0,
    host = '127.0.0.1',
  }: ResponderOptions): Promise<DiscoveryResponder> {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    const responder = new DiscoveryResponder(socket, cameras)
    socket.on('message', (bytes, from) => {
      for (const answer of responder.#answers(bytes.toString('utf8'))) {
        socket.send(answer, from.port, from.address, () => {})
      }
    })
    if (port === 0) socket.bind(port, host)
    else socket.bind(port)
    await once(socket, 'listening')
    if (port !== 0) socket.addMembership(group, host)
    return responder
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Whatever else comes along on such a network. */
  say(text: string, port: number): void {
    this.#socket.send(text, port, '127.0.0.1', () => {})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #answers(text: string): readonly string[] {
    const envelope = parseXml(text)
    const types = textAt(envelope, 'Body', 'Probe', 'Types') ?? ''
    const id = textAt(envelope, 'Header', 'MessageID')
    if (id === undefined || child(envelope, 'Body', 'Probe') === undefined) return []
    if (types !== '' && !types.includes('NetworkVideoTransmitter')) return []
    return this.#cameras.filter(({ faults }) => !faults.offline).map((camera) => matchOf(camera, id))
  }
}

function matchOf(camera: CameraSimulator, relatesTo: string): string {
  const address = `http://${hostPort(camera.host, camera.port)}/onvif/device_service`
  return (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"' +
    ' xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"' +
    ` xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header><wsa:RelatesTo>${escapeXml(relatesTo)}</wsa:RelatesTo>` +
    '<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></SOAP-ENV:Header><SOAP-ENV:Body>' +
    `<d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:${camera.traits.serial}</wsa:Address></wsa:EndpointReference>` +
    `<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>${scopesOf(camera.traits).map(escapeXml).join(' ')}</d:Scopes>` +
    `<d:XAddrs>http://[fe80::1]/onvif/device_service ${address}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>` +
    '</d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>'
  )
}
