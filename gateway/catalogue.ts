import { createHash } from 'node:crypto'
import type { Catalogue, CatalogueDevice, CataloguePoint, Machine } from '#contract/catalogue.ts'
import type { Device, ResolvedPoint } from '#gateway/profiles/device.ts'

/** What is known of devices beyond their configuration. */
export type Known = {
  /** Those that were added from the console. */
  readonly added?: ReadonlySet<string>
  /** What they said of themselves. */
  readonly machines?: ReadonlyMap<string, Machine>
}

/** What this gateway has, for the cloud. Equal devices give an equal version. Pure. */
export function catalogueOf(devices: readonly Device[], known: Known = {}): Catalogue {
  const entries = devices.map((device) => deviceEntry(device, known))
  const version = createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16)
  return { v: 1, kind: 'catalogue', version, devices: entries }
}

function deviceEntry(device: Device, known: Known): CatalogueDevice {
  return {
    id: device.id,
    title: device.title,
    profile: device.profile.id,
    vendor: device.vendor,
    model: device.model,
    category: device.category,
    ...(device.location === undefined ? {} : { location: device.location }),
    ...identityEntry(device, known),
    // What nobody has checked at the device yet is nobody's business.
    points: device.points.filter(({ hidden }) => hidden !== true).map(pointEntry),
  }
}

type IdentityEntry = Pick<
  CatalogueDevice,
  'address' | 'profileVersion' | 'variant' | 'hidden' | 'added' | 'machine'
>

function identityEntry(device: Device, { added, machines }: Known): IdentityEntry {
  const machine = machines?.get(device.id)
  const hidden = device.points.filter((point) => point.hidden === true).map(({ id }) => id)
  return {
    address: addressOf(device).slice(0, 300),
    profileVersion: device.profile.version,
    ...(device.variant === undefined ? {} : { variant: device.variant }),
    ...(hidden.length === 0 ? {} : { hidden }),
    ...(added?.has(device.id) ? { added: true } : {}),
    ...(machine === undefined ? {} : { machine }),
  }
}

function addressOf(device: Device): string {
  switch (device.protocol) {
    case 'modbus':
      return `${device.address.bus} · ${device.address.unit}`
    case 'mqtt':
      return device.address.topics[0]?.filter ?? ''
    case 'onvif': {
      const { host, channel } = device.address
      return channel === undefined ? host : `${host} · ${channel}`
    }
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
