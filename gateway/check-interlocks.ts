import type { InterlockConfig } from '#gateway/commands/interlock.ts'
import type { Device, ResolvedPoint } from '#gateway/profiles/device.ts'
import type { Path } from '#lib/explain.ts'
import type { GatewayConfig } from './config.ts'

type Note = (path: Path, message: string) => void
type Found = 'unknown' | ResolvedPoint

/** Every interlock against the points it names: a misspelt one would lock nothing. */
export function checkInterlocks(
  { interlocks, devices: instances }: GatewayConfig,
  devices: readonly Device[],
  note: Note,
): void {
  const seen = new Set<string>()
  for (const [index, interlock] of interlocks.entries()) {
    const at = ['interlocks', index] as const
    if (seen.has(interlock.id)) note([...at, 'id'], `${interlock.id} is there already`)
    seen.add(interlock.id)
    const find = (path: Path, point: string) => findPoint(point, { devices, instances, note, path })
    checkTarget(find([...at, 'target'], interlock.target), interlock, (path, message) =>
      note([...at, ...path], message),
    )
    const guard = find([...at, 'blockedWhile', 'point'], interlock.blockedWhile.point)
    checkGuard(guard, interlock, (path, message) => note([...at, 'blockedWhile', ...path], message))
  }
}

function checkTarget(found: Found, { target, values = [] }: InterlockConfig, note: Note): void {
  if (found === 'unknown') return
  if (found.write === undefined) note(['target'], `${target} cannot be written, so there is nothing to lock`)
  for (const [index, value] of values.entries()) {
    const wanted = typeOf(found)
    if (typeof value !== wanted) note(['values', index], `${target} takes a ${wanted}`)
  }
}

function checkGuard(found: Found, { blockedWhile }: InterlockConfig, note: Note): void {
  const { point, above, below, equals } = blockedWhile
  const given = [above, below, equals].filter((one) => one !== undefined)
  if (given.length !== 1) note([], 'expected exactly one of above, below, equals')
  if (found === 'unknown') return
  if (found.from === undefined) note(['point'], `${point} is never read, so this would lock for ever`)
  if (found.hidden) note(['point'], `${point} is not confirmed at this device and not read`)
  const type = typeOf(found)
  if (type !== 'number' && (above !== undefined || below !== undefined))
    note(['point'], `a limit needs a number; ${point} is of kind ${found.kind}`)
  if (equals !== undefined && typeof equals !== type) note(['equals'], `${point} is a ${type}`)
}

type Search = {
  readonly devices: readonly Device[]
  readonly instances: GatewayConfig['devices']
  readonly note: Note
  readonly path: Path
}

function findPoint(point: string, { devices, instances, note, path }: Search): Found {
  const [deviceId = '', ...rest] = point.split('/')
  const device = devices.find(({ id }) => id === deviceId)
  if (device === undefined) {
    // A device that is wrong itself has been reported.
    if (!instances.some(({ id }) => id === deviceId)) note(path, `no device ${deviceId}`)
    return 'unknown'
  }
  const found = device.points.find(({ id }) => id === rest.join('/'))
  if (found === undefined) note(path, `${deviceId} has no point ${rest.join('/')}`)
  return found ?? 'unknown'
}

function typeOf({ kind }: ResolvedPoint): 'number' | 'boolean' | 'string' {
  if (kind === 'bool') return 'boolean'
  return kind === 'num' || kind === 'counter' ? 'number' : 'string'
}
