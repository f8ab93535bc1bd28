import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Static, Type } from 'typebox'
import type { Value } from '#contract/sample.ts'
import { type Validated, validator } from '#lib/validate.ts'
import { faultKinds } from './faults.ts'
import type { SiteDevice } from './site-device.ts'

const closed = { additionalProperties: false } as const
const value = Type.Union([Type.Number(), Type.Boolean(), Type.String(), Type.Null()])

const SetValue = Type.Object({ value }, closed)
const SetFault = Type.Object(
  {
    kind: Type.Unsafe<(typeof faultKinds)[number]>({ enum: [...faultKinds] }),
    rate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** Without it the fault stays until it is cleared. */
    forMs: Type.Optional(Type.Number({ minimum: 0 })),
    ms: Type.Optional(Type.Number()),
    code: Type.Optional(Type.Integer({ minimum: 1, maximum: 255 })),
  },
  closed,
)
type SetFault = Static<typeof SetFault>
const checkValue = validator(SetValue)
const checkFault = validator(SetFault)

type Reply = { readonly status: number; readonly body: unknown }
const maxBodyBytes = 64 * 1024

/**
 * The hand on a running site, on loopback only:
 * `GET /devices`, `GET /devices/<id>`; `POST` and `DELETE /devices/<id>/points/<point>` set a value until it is released;
 * `POST` and `DELETE /devices/<id>/faults` switch a fault on and all of them off.
 */
export class ControlServer implements AsyncDisposable {
  readonly #server: Server
  readonly #devices: readonly SiteDevice[]

  constructor(devices: readonly SiteDevice[]) {
    this.#devices = devices
    this.#server = createServer((request, response) => {
      this.#handle(request).then(
        (reply) => send(response, reply),
        (error: unknown) => send(response, { status: 500, body: { message: String(error) } }),
      )
    })
  }

  static async start(devices: readonly SiteDevice[], host: string, port: number): Promise<ControlServer> {
    const control = new ControlServer(devices)
    control.#server.listen(port, host)
    await once(control.#server, 'listening')
    return control
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #handle(request: IncomingMessage): Promise<Reply> {
    const parts = (request.url ?? '/').split('/').slice(1).map(decodeURIComponent)
    const [root, id, what, ...rest] = parts
    if (root !== 'devices') return notFound('GET /devices lists what there is')
    if (id === undefined) return { status: 200, body: this.#devices.map((device) => device.describe()) }
    const device = this.#devices.find((one) => one.id === id)
    if (device === undefined) return notFound(`no device ${id}`)
    if (what === undefined) return { status: 200, body: device.describe() }
    if (what === 'points') return this.#point(device, rest.join('/'), request)
    if (what === 'faults') return this.#fault(device, request)
    return notFound(`a device has points and faults, not ${what}`)
  }

  async #point(device: SiteDevice, point: string, request: IncomingMessage): Promise<Reply> {
    if (!device.points.has(point)) return notFound(`no point ${point} in ${device.id}`)
    if (request.method === 'DELETE') {
      device.points.release(point)
      return { status: 200, body: device.describe() }
    }
    const checked = checkValue(await bodyOf(request))
    if (!checked.ok) return badRequest(checked)
    device.set(point, checked.value.value as Value)
    return { status: 200, body: device.describe() }
  }

  async #fault(device: SiteDevice, request: IncomingMessage): Promise<Reply> {
    if (request.method === 'DELETE') {
      device.faults.clear()
      return { status: 200, body: device.describe() }
    }
    const checked = checkFault(await bodyOf(request))
    if (!checked.ok) return badRequest(checked)
    const { kind, rate = 1, forMs, ms = 0, code = 4 } = checked.value as SetFault
    device.faults.set({ kind, rate, ms, code, ...(forMs === undefined ? {} : { until: Date.now() + forMs }) })
    return { status: 200, body: device.describe() }
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) {
    text += String(chunk)
    if (text.length > maxBodyBytes) return undefined
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function notFound(message: string): Reply {
  return { status: 404, body: { code: 'NOT_FOUND', message } }
}

function badRequest(checked: Extract<Validated<unknown>, { ok: false }>): Reply {
  return { status: 400, body: { code: 'BAD_REQUEST', message: 'not understood', details: checked.problems } }
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}
