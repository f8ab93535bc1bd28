import { useQueries } from '@tanstack/react-query'
import type { Alarm } from '#contract/api/alarms.ts'
import type { Device } from '#contract/api/devices.ts'
import type { Point } from '#contract/api/points.ts'
import { deviceQuery } from '../../api/queries.ts'
import { deviceOf } from '../../points/words.ts'

/** More devices than this are shown by their ids. */
const maxDevices = 40

/** Names, places and units of what the alarms are about, as far as they are known yet. */
export function useInventory(
  alarms: readonly Alarm[],
): (pointId: string) => { device: Device | undefined; point: Point | undefined } {
  const ofDevices = alarms.filter(({ gateway, point }) => point !== gateway)
  const ids = [...new Set(ofDevices.map(({ point }) => deviceOf(point)))].slice(0, maxDevices)
  const answers = useQueries({
    queries: ids.map((id) => ({ ...deviceQuery(id), refetchInterval: false as const, staleTime: 600_000 })),
  })
  return (pointId) => {
    const device = answers.find(({ data }) => data?.id === deviceOf(pointId))?.data
    return { device, point: device?.points.find(({ id }) => id === pointId) }
  }
}
