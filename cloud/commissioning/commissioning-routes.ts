import { type Static, Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { aboutDevice, aboutGateway, requireCaller } from '#cloud/http/guard.ts'
import {
  BusList,
  DeviceRef,
  DeviceUpdate,
  DraftBody,
  Probe,
  ProfileList,
  ProposalList,
  Scan,
  ScanStart,
} from '#contract/api/commissioning.ts'
import { closed, GatewayId } from '#contract/api/common.ts'
import { DeviceErrorList } from '#contract/api/devices.ts'
import type { DeviceError } from '#contract/device-errors.ts'
import { AppError } from '#contract/errors.ts'
import type { Question } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { GatewayRequests } from './gateway-requests.ts'
import { Scans } from './scans.ts'

export type CommissioningOptions = {
  readonly requests: GatewayRequests
  readonly clock: Clock
  readonly log: Logger
  readonly isGateway: (gateway: string) => Promise<boolean>
  /** What the inventory says of a device, as long as the catalogue names it. */
  readonly device: (gateway: string, device: string) => Promise<object | undefined>
}

const tags = ['commissioning']
const config = { needs: 'devices.manage', about: aboutGateway } as const
const GatewayPath = Type.Object({ id: GatewayId }, closed)
const DevicePath = Type.Object({ id: GatewayId, device: GatewayId }, closed)
const ErrorsPath = Type.Object({ gateway: GatewayId, device: GatewayId }, closed)
const ScanPath = Type.Object({ id: GatewayId, scan: Type.String({ maxLength: 64 }) }, closed)
type GatewayPath = Static<typeof GatewayPath>

const listMs = 30_000
const probeMs = 40_000
const changeMs = 40_000
/** The catalogue is on its way when a gateway says that it has changed. */
const inventoryMs = 5_000

/** Asks the gateway while a person waits: what it can use, what answers on its lines, and to add what was found. */
export function commissioningRoutes(api: App, options: CommissioningOptions): void {
  const { requests, clock, log } = options
  const scans = new Scans(requests, clock)

  async function known({ id }: GatewayPath): Promise<string> {
    if (!(await options.isGateway(id))) throw new AppError('NOT_FOUND', `there is no gateway ${id}`)
    return id
  }

  async function ask<Q extends Question>(path: GatewayPath, question: Q, timeoutMs = listMs) {
    return await requests.ask(await known(path), question, { timeoutMs })
  }

  /** The page of the device can be opened when this resolves. */
  async function inventory(gateway: string, device: string, isThere: boolean): Promise<DeviceRef> {
    const until = clock.monotonic() + inventoryMs
    const isInStep = async () => ((await options.device(gateway, device)) !== undefined) === isThere
    while (!(await isInStep()) && clock.monotonic() < until) await clock.sleep(50)
    return { id: `${gateway}/${device}` }
  }

  api.get(
    '/gateways/:id/profiles',
    {
      config,
      schema: {
        operationId: 'listProfiles',
        summary: 'Profiles that a device of this gateway can be added with',
        ...{ tags, params: GatewayPath, response: answers(ProfileList) },
      },
    },
    async ({ params }) => ({ items: (await ask(params, { kind: 'profiles' })).profiles }),
  )

  api.get(
    '/gateways/:id/buses',
    {
      config: { about: aboutGateway },
      schema: {
        operationId: 'listBuses',
        summary:
          'Lines of the gateway with what happens on them: round trips, timeouts, errors, share of the cycle',
        ...{ tags, params: GatewayPath, response: answers(BusList) },
      },
    },
    async ({ params }) => ({ items: (await ask(params, { kind: 'buses' })).buses }),
  )

  api.get(
    '/gateways/:id/proposals',
    {
      config,
      schema: {
        operationId: 'listProposals',
        summary: 'Devices that announced themselves and that nobody added',
        ...{ tags, params: GatewayPath, response: answers(ProposalList) },
      },
    },
    async ({ params }) => ({ items: (await ask(params, { kind: 'proposals' })).proposals }),
  )

  api.post(
    '/gateways/:id/scan',
    {
      config: { ...config, audit: 'scan.started' },
      schema: {
        operationId: 'startScan',
        summary: 'Ask unit after unit of a bus who is there, between the polls',
        description: 'Answers at once; follow it with `GET /gateways/{id}/scans/{scan}`.',
        ...{ tags, params: GatewayPath, body: ScanStart },
        response: { 202: Scan, ...errorAnswers },
      },
    },
    async (request, reply) => {
      const { bus, first, last } = request.body
      request.audit.note({ target: `${request.params.id}/${bus}`, after: { first, last } })
      if (last < first) {
        const details = [{ path: 'last', message: `expected a number from ${first} to 247` }]
        throw new AppError('BAD_REQUEST', 'the range is empty', { details })
      }
      const gateway = await known(request.params)
      told(request, 'scan', bus)
      const scan = await scans.start(gateway, request.body)
      return reply.code(202).header('location', `/api/v1/gateways/${gateway}/scans/${scan.id}`).send(scan)
    },
  )

  api.get(
    '/gateways/:id/scans/:scan',
    {
      config,
      schema: {
        operationId: 'getScan',
        summary: 'A scan with what it has found so far',
        ...{ tags, params: ScanPath, response: answers(Scan) },
      },
    },
    async ({ params }) => scans.find(params.id, params.scan),
  )

  api.delete(
    '/gateways/:id/scans/:scan',
    {
      config: { ...config, audit: 'scan.cancelled' },
      schema: {
        operationId: 'cancelScan',
        summary: 'End a scan; what it has found stays',
        ...{ tags, params: ScanPath, response: answers(Scan) },
      },
    },
    async ({ params }) => scans.cancel(params.id, params.scan),
  )

  api.post(
    '/gateways/:id/probe',
    {
      config: { ...config, audit: 'device.probed' },
      schema: {
        operationId: 'probeDevice',
        summary: 'Read a device once before it is added: raw beside decoded',
        ...{ tags, params: GatewayPath, body: DraftBody, response: answers(Probe) },
      },
    },
    async ({ params, body, audit }) => {
      audit.note({ target: targetOf(params.id, body), after: body.device })
      const { kind, ...probe } = await ask(params, { kind: 'probe', device: body.device }, probeMs)
      return probe
    },
  )

  api.get(
    '/devices/:gateway/:device/errors',
    {
      config: { about: aboutDevice },
      schema: {
        operationId: 'listDeviceErrors',
        summary:
          'What went wrong with a device lately: refused messages, timeouts, exceptions, logins, writes',
        description:
          'The gateway is asked; it remembers the last 20 kinds and places of a device from its start on.',
        ...{ tags, params: ErrorsPath, response: answers(DeviceErrorList) },
      },
    },
    async ({ params: { gateway: id, device } }) => {
      const { since, errors } = await ask({ id }, { kind: 'device-errors', device })
      return { since: new Date(since).toISOString(), items: errors.map(errorView) }
    },
  )
  api.post(
    '/gateways/:id/devices',
    {
      config: { ...config, audit: 'device.added' },
      schema: {
        operationId: 'addDevice',
        summary: 'Add a device; the gateway runs with it when this answers, or nothing was changed',
        ...{ tags, params: GatewayPath, body: DraftBody },
        response: { 201: DeviceRef, ...errorAnswers },
      },
    },
    async (request, reply) => {
      const { params, body } = request
      const { id } = body.device
      request.audit.note({ target: targetOf(params.id, body), after: body.device })
      told(request, 'add', id)
      const { device } = await ask(params, { kind: 'add-device', device: body.device }, changeMs)
      return reply.code(201).send(await inventory(params.id, device, true))
    },
  )

  api.patch(
    '/gateways/:id/devices/:device',
    {
      config: { ...config, audit: 'device.updated' },
      schema: {
        operationId: 'updateDevice',
        summary: 'Change the name, the place or the checked points of a device that was added here',
        ...{ tags, params: DevicePath, body: DeviceUpdate, response: answers(DeviceRef) },
      },
    },
    async (request) => {
      const { params, body } = request
      request.audit.note({ before: await options.device(params.id, params.device), after: body })
      told(request, 'update', params.device)
      const question = { kind: 'update-device', device: params.device, changes: body } as const
      const { device } = await ask(params, question, changeMs)
      return await inventory(params.id, device, true)
    },
  )

  api.delete(
    '/gateways/:id/devices/:device',
    {
      config: { ...config, audit: 'device.removed' },
      schema: {
        operationId: 'removeDevice',
        summary: 'Remove a device that was added here; its history stays',
        ...{ tags, params: DevicePath, response: answers(DeviceRef) },
      },
    },
    async (request) => {
      const { params } = request
      request.audit.note({ before: await options.device(params.id, params.device) })
      told(request, 'remove', params.device)
      const { device } = await ask(params, { kind: 'remove-device', device: params.device }, changeMs)
      return await inventory(params.id, device, false)
    },
  )

  function told(request: Parameters<typeof requireCaller>[0], what: string, about: unknown): void {
    const { username } = requireCaller(request).user
    const { id } = request.params as GatewayPath
    log.info({ gateway: id, what, about: String(about).slice(0, 80), by: username }, 'commissioning')
  }
}

function errorView({ firstAt, lastAt, ...error }: DeviceError) {
  return { ...error, firstAt: new Date(firstAt).toISOString(), lastAt: new Date(lastAt).toISOString() }
}

/** The draft says which device it will be; what it says may be anything. */
function targetOf(gateway: string, { device: { id } }: DraftBody): string {
  return typeof id === 'string' ? `${gateway}/${id}` : gateway
}
