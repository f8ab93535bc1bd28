import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { hostPort } from '#lib/host-port.ts'
import { Authenticator, type AuthMode } from './authentication.ts'
import {
  type CameraFaults,
  type CameraState,
  type CameraTraits,
  freshState,
  noFaults,
  plainCamera,
} from './camera-state.ts'
import { deviceAnswers, notImplemented } from './device-answers.ts'
import { answerEvent } from './event-answers.ts'
import { ptzAnswers } from './ptz-answers.ts'
import { envelope, faultBody, readRequest, type SoapAnswer, type SoapRequest } from './soap.ts'
import { type CameraEvent, Subscriptions } from './subscriptions.ts'
import { testPicture } from './test-picture.ts'

export type CameraOptions = {
  readonly host?: string
  /** 0: any free one. */
  readonly port?: number
  readonly username?: string
  readonly password?: string
  readonly auth?: AuthMode
  readonly traits?: Partial<CameraTraits>
  readonly lockAfter?: number
  readonly lockMs?: number
}

/** Before a login nobody may ask more than this. */
const openToAll = new Set(['GetSystemDateAndTime', 'GetCapabilities', 'GetServices'])
const maxRequestBytes = 256 * 1024

/**
 * One ONVIF camera on a port of its own: answers SOAP as a strict device does, keeps pull points, serves pictures behind
 * HTTP digest, and misbehaves as told.
 */
export class CameraSimulator implements AsyncDisposable {
  readonly host: string
  readonly traits: CameraTraits
  readonly state: CameraState
  readonly faults: CameraFaults = noFaults()
  readonly subscriptions: Subscriptions
  readonly logins: Authenticator
  /** Every operation that was asked for, in order; pictures are `GET`. */
  readonly asked: string[] = []
  readonly #server: Server

  private constructor(options: CameraOptions) {
    const { host = '127.0.0.1', username = 'admin', password = 'camera-password' } = options
    this.host = host
    this.traits = { ...plainCamera, ...options.traits }
    this.state = freshState(this.traits)
    this.subscriptions = new Subscriptions(() => this.#now())
    this.logins = new Authenticator({
      ...{ username, password, mode: options.auth ?? 'both' },
      now: () => this.#now(),
      lockAfter: options.lockAfter ?? 5,
      lockMs: options.lockMs ?? 300_000,
    })
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
  }

  static async start(options: CameraOptions = {}): Promise<CameraSimulator> {
    const camera = new CameraSimulator(options)
    camera.#server.listen(options.port ?? 0, camera.host)
    await once(camera.#server, 'listening')
    return camera
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Something happened in front of it, or to it. */
  emit(event: CameraEvent): void {
    this.subscriptions.emit(event, !this.faults.silentEvents)
  }

  /** How often an operation was asked for. */
  count(operation: string): number {
    return this.asked.filter((one) => one === operation).length
  }

  /** Nothing is answered from now on, and who is connected is cut off; or the end of that. */
  setOffline(offline: boolean): void {
    this.faults.offline = offline
    if (!offline) return
    this.subscriptions.drop()
    this.#server.closeAllConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.subscriptions.drop()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #now(): number {
    return Date.now() + this.faults.clockOffsetMs
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.faults.offline) {
      request.socket.destroy()
      return
    }
    if (request.method === 'GET') {
      this.asked.push('GET')
      this.#picture(request, response)
      return
    }
    const text = await bodyOf(request)
    const soap = text === undefined ? undefined : readRequest(text, request.url ?? '')
    if (soap === undefined) {
      response.writeHead(400).end()
      return
    }
    this.asked.push(soap.operation)
    if (this.faults.garbage) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in</body></html>')
      return
    }
    if (this.#isRefused(soap, request, response)) return
    send(response, await this.#answer(soap, request))
  }

  #isRefused(soap: SoapRequest, request: IncomingMessage, response: ServerResponse): boolean {
    const isOpen =
      openToAll.has(soap.operation) &&
      !(this.traits.hidesServices && soap.operation !== 'GetSystemDateAndTime')
    if (isOpen) return false
    const { authorization } = request.headers
    const verdict = this.logins.checkSoap(soap, { method: 'POST', authorization })
    if (verdict === 'ok') return false
    const body = envelope(faultBody('ter:NotAuthorized', 'Sender not Authorized'))
    if (this.logins.mode === 'wsse') {
      response.writeHead(400, { 'content-type': 'application/soap+xml' }).end(body)
    } else {
      response.writeHead(401, { 'www-authenticate': this.logins.challenge() }).end(body)
    }
    return true
  }

  async #answer(soap: SoapRequest, request: IncomingMessage): Promise<SoapAnswer> {
    const origin = `http://${request.headers.host ?? hostPort(this.host, this.port)}`
    const { traits, state, faults, subscriptions, host, port } = this
    const now = () => this.#now()
    const event = answerEvent(soap, { traits, faults, subscriptions, origin, port, now })
    if (event !== undefined) return event
    const answer = deviceAnswers[soap.operation] ?? ptzAnswers[soap.operation]
    const relays = new Map(state.relays)
    const answered = answer?.(soap, { traits, state, origin, host, port, now: now() })
    for (const [token, closed] of state.relays)
      if (relays.get(token) !== closed) this.#tellRelay(token, closed)
    return answered ?? notImplemented(soap.operation)
  }

  #tellRelay(token: string, closed: boolean): void {
    this.emit({
      topic: 'tns1:Device/Trigger/Relay',
      operation: 'Changed',
      source: { RelayToken: token },
      data: { LogicalState: closed ? 'active' : 'inactive' },
    })
  }

  #picture(request: IncomingMessage, response: ServerResponse): void {
    const { authorization } = request.headers
    const verdict = this.faults.snapshotRefused
      ? 'none'
      : this.logins.checkHttp({ method: 'GET', authorization })
    if (verdict !== 'ok') {
      response.writeHead(401, { 'www-authenticate': this.logins.challenge() }).end()
      return
    }
    if (this.traits.snapshot === 'none') {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(testPicture)
  }
}

function send(response: ServerResponse, answer: SoapAnswer): void {
  const isFault = 'fault' in answer
  const body = isFault ? faultBody(answer.fault, answer.reason) : answer.body
  response.writeHead(isFault ? (answer.status ?? 500) : 200, { 'content-type': 'application/soap+xml' })
  response.end(envelope(body))
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > maxRequestBytes) return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}
