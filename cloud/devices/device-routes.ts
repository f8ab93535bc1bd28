import { type Static, Type } from 'typebox'
import { thingOfPoint } from '#cloud/access/access.ts'
import { type App, answers } from '#cloud/http/app.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { aboutDevice } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import type { PointRow } from '#cloud/state/tables.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { closed, GatewayId } from '#contract/api/common.ts'
import { Device, DeviceList, DevicesQuery, LinkHistory } from '#contract/api/devices.ts'
import { type Point, PointList, PointsQuery } from '#contract/api/points.ts'
import { AppError } from '#contract/errors.ts'
import type { DeviceKey, DeviceRepository, StoredDevice } from './device-repository.ts'
import { deviceView, linkEventView, pointId, pointView } from './device-view.ts'

export type DeviceRouteOptions = {
  readonly devices: DeviceRepository
  readonly telemetry: Pick<TelemetryStore, 'latest'>
}

const tags = ['devices']
const DevicePath = Type.Object({ gateway: GatewayId, device: GatewayId }, closed)
/** `<gateway>%2F<device>`: the id as one piece. */
const EncodedPath = Type.Object(
  { id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}/[a-z0-9][a-z0-9-]{1,62}$' }) },
  closed,
)
type EncodedPath = Static<typeof EncodedPath>

/** The inventory with the newest value, time and quality of each point. */
export function deviceRoutes(api: App, { devices, telemetry }: DeviceRouteOptions): void {
  async function withValues(rows: readonly PointRow[]): Promise<Point[]> {
    const latest = await telemetry.latest(rows.map(pointId))
    const byPoint = new Map(latest.map((one) => [one.point, one]))
    return rows.map((row) => pointView(row, byPoint.get(pointId(row))))
  }

  async function withPoints(rows: readonly StoredDevice[]): Promise<Device[]> {
    const points = await withValues(await devices.pointsOf(rows))
    const byDevice = Map.groupBy(points, ({ device }) => device)
    return rows.map((row) => deviceView(row, byDevice.get(`${row.gateway}/${row.id}`) ?? []))
  }

  async function find(key: DeviceKey): Promise<Device> {
    const row = await devices.byKey(key)
    const [device] = row === undefined ? [] : await withPoints([row])
    if (device === undefined) throw new AppError('NOT_FOUND', `there is no device ${key.gateway}/${key.id}`)
    return device
  }

  api.get(
    '/devices',
    {
      schema: {
        operationId: 'listDevices',
        summary: 'Devices with the newest value of each point',
        tags,
        querystring: DevicesQuery,
        response: answers(DeviceList),
      },
    },
    async ({ query: { limit = 100, cursor, ...filter }, access }) => {
      const after = keyOf(cursor, 'string', 'string')
      const rows = await devices.search({ ...filter, after, limit: limit + 1, nodes: access.nodes('view') })
      const page = pageOf(rows, limit, { key: (row) => [row.gateway, row.id], item: (row) => row })
      return { ...page, items: await withPoints(page.items) }
    },
  )

  api.get(
    '/devices/:gateway/:device',
    {
      config: { about: aboutDevice },
      schema: {
        operationId: 'getDevice',
        summary: 'One device with the newest value of each point',
        tags,
        params: DevicePath,
        response: answers(Device),
      },
    },
    async ({ params: { gateway, device } }) => find({ gateway, id: device }),
  )

  api.get(
    '/devices/:gateway/:device/links',
    {
      config: { about: aboutDevice },
      schema: {
        operationId: 'getDeviceLinks',
        summary: 'The last changes of the link to the device, newest first',
        tags,
        params: DevicePath,
        response: answers(LinkHistory),
      },
    },
    async ({ params: { gateway, device } }) => {
      const rows = await devices.links({ gateway, id: device }, 20)
      return { items: rows.map(linkEventView) }
    },
  )

  api.get(
    '/devices/:id',
    {
      config: { about: ({ id = '' }) => thingOfPoint(id) },
      schema: {
        operationId: 'getDeviceById',
        summary: 'The same with the id as one encoded piece: `<gateway>%2F<device>`',
        tags,
        params: EncodedPath,
        response: answers(Device),
      },
    },
    async ({ params }) => find(keyOfId(params)),
  )

  api.get(
    '/points',
    {
      schema: {
        operationId: 'listPoints',
        summary: 'Points with their newest value, of one device or of all',
        tags,
        querystring: PointsQuery,
        response: answers(PointList),
      },
    },
    async ({ query: { limit = 100, cursor, device: id }, access }) => {
      const device = id === undefined ? undefined : parseDevice(id)
      const after = keyOf(cursor, 'string', 'string', 'string')
      const rows = await devices.points({ limit: limit + 1, device, after, nodes: access.nodes('view') })
      const page = pageOf(rows, limit, {
        key: (row) => [row.gateway, row.device, row.id],
        item: (row) => row,
      })
      return { ...page, items: await withValues(page.items) }
    },
  )
}

function keyOfId({ id }: EncodedPath): DeviceKey {
  const [gateway = '', device = ''] = id.split('/')
  return { gateway, id: device }
}

function parseDevice(text: string): DeviceKey {
  const [gateway = '', id = '', ...rest] = text.split('/')
  if (id === '' || rest.length > 0)
    throw badRequest([{ path: 'query/device', message: 'must be <gateway>/<device>' }])
  return { gateway, id }
}
