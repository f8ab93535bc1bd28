import { createHash } from 'node:crypto'
import type { Catalogue, CatalogueDevice, CataloguePoint } from '#contract/catalogue.ts'
import type { Device, ResolvedPoint } from '#gateway/profiles/device.ts'

/** What this gateway has, for the cloud. Equal devices give an equal version. Pure. */
export function catalogueOf(devices: readonly Device[]): Catalogue {
  const entries = devices.map(deviceEntry)
  const version = createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16)
  return { v: 1, kind: 'catalogue', version, devices: entries }
}

function deviceEntry(device: Device): CatalogueDevice {
  return {
    id: device.id,
    title: device.title,
    profile: device.profile.id,
    vendor: device.vendor,
    model: device.model,
    category: device.category,
    ...(device.location === undefined ? {} : { location: device.location }),
    // What nobody has checked at the device yet is nobody's business.
    points: device.points.filter(({ hidden }) => hidden !== true).map(pointEntry),
  }
}

function pointEntry(point: ResolvedPoint): CataloguePoint {
  return {
    id: point.id,
    kind: point.kind,
    unit: point.unit,
    title: point.title,
    ...staleEntry(point),
    ...(point.write === undefined ? {} : { writable: writableEntry(point.write) }),
  }
}

/** The cloud sees reported samples alone: between two of them a healthy, unchanged point may say nothing for a heartbeat. */
function staleEntry({ staleAfterMs, report }: ResolvedPoint): Pick<CataloguePoint, 'staleAfterMs'> {
  return staleAfterMs === undefined ? {} : { staleAfterMs: staleAfterMs + report.maxIntervalMs }
}

function writableEntry(write: NonNullable<ResolvedPoint['write']>): NonNullable<CataloguePoint['writable']> {
  const { range, options, values, readback, minIntervalMs, risk, role } = write
  return {
    ...(range === undefined ? {} : range),
    ...(options === undefined ? {} : { options: [...options] }),
    ...(values === undefined ? {} : { values: values.map(([canonical]) => canonical) }),
    ...(minIntervalMs === 0 ? {} : { minIntervalMs }),
    ...(role === undefined ? {} : { role }),
    risk,
    verified: readback !== undefined,
  }
}
