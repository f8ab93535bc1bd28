import type { QueryClient } from '@tanstack/react-query'
import { tabOf } from '#contract/alarm-life.ts'
import type { Alarm, AlarmList } from '#contract/api/alarms.ts'
import type { CommandList, IssuedCommand } from '#contract/api/commands.ts'
import type { Device, DeviceList } from '#contract/api/devices.ts'
import type { Gateway, GatewayList } from '#contract/api/gateways.ts'
import type { DeviceUpdate, LiveEvent } from '#contract/api/live.ts'
import { keys } from '../api/queries.ts'

/** Puts a live change into the answers that are on screen, so that a page need not read them again. */
export function mergeEvent(queries: QueryClient, event: LiveEvent): void {
  switch (event.topic) {
    case 'gateways':
      mergeGateway(queries, event.data as Gateway)
      break
    case 'devices':
      mergeLink(queries, event.data as DeviceUpdate)
      break
    case 'commands':
      mergeCommand(queries, event.data as IssuedCommand)
      break
    case 'alarms':
      mergeAlarmInto(queries, event.data as Alarm)
      break
  }
}

function mergeGateway(queries: QueryClient, gateway: Gateway): void {
  queries.setQueryData<Gateway>([keys.gateways, 'one', gateway.id], (known) => known && gateway)
  queries.setQueryData<GatewayList>([keys.gateways, 'list'], (list) => {
    if (list === undefined) return undefined
    const isKnown = list.items.some(({ id }) => id === gateway.id)
    const items = list.items.map((known) => (known.id === gateway.id ? gateway : known))
    return { ...list, items: isKnown ? items : [...items, gateway] }
  })
  const behind = (known: Device): Device =>
    known.gateway === gateway.id && known.gatewayConnected !== gateway.connected
      ? { ...known, gatewayConnected: gateway.connected }
      : known
  changeDevices(queries, behind)
}

function mergeLink(queries: QueryClient, { device, link }: DeviceUpdate): void {
  changeDevices(queries, (known) => (known.id === device ? { ...known, link } : known))
}

/** `change` gives back what it does not change: an answer without a change stays as it is. */
function changeDevices(queries: QueryClient, change: (known: Device) => Device): void {
  queries.setQueriesData<Device>({ queryKey: [keys.devices, 'one'] }, (known) => known && change(known))
  queries.setQueriesData<DeviceList>({ queryKey: [keys.devices, 'list'] }, (list) => {
    const items = list?.items.map(change) ?? []
    return list?.items.some((known, index) => items[index] !== known) ? { ...list, items } : list
  })
}

/** A command has more and more steps: what is older than what is known changes nothing. */
export function mergeCommand(queries: QueryClient, command: IssuedCommand): void {
  queries.setQueryData<CommandList>([keys.commands, command.device], (list) => {
    if (list === undefined) return undefined
    const known = list.items.find(({ id }) => id === command.id)
    if (known === undefined) {
      const items = [command, ...list.items].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      return { ...list, items }
    }
    if (known.steps.length >= command.steps.length) return list
    return { ...list, items: list.items.map((one) => (one.id === command.id ? command : one)) }
  })
}

/** Also what the answer to a request says of an alarm. Its page, if it is open, reads its history anew. */
export function mergeAlarmInto(queries: QueryClient, alarm: Alarm): void {
  for (const show of ['standing', 'history'] as const)
    queries.setQueryData<AlarmList>([keys.alarms, show], (list) => mergeAlarm(list, alarm, show))
  const one = [keys.alarms, 'one', alarm.id]
  const known = queries.getQueryData<Alarm>(one)
  if (known !== undefined && known.revision < alarm.revision)
    void queries.invalidateQueries({ queryKey: one }) // its own failure is shown there
}

/** Newest first. An alarm that is over leaves the standing ones for the history; what is older than what is known changes nothing. */
export function mergeAlarm(
  list: AlarmList | undefined,
  alarm: Alarm,
  show: 'standing' | 'history',
): AlarmList | undefined {
  if (list === undefined) return undefined
  const known = list.items.find(({ id }) => id === alarm.id)
  if (known !== undefined && known.revision > alarm.revision) return list
  const others = list.items.filter(({ id }) => id !== alarm.id)
  if (isOver(alarm) !== (show === 'history')) return known === undefined ? list : { ...list, items: others }
  if (known !== undefined) return { ...list, items: list.items.map((one) => (one === known ? alarm : one)) }
  const items = [alarm, ...others].sort((a, b) => startOf(b).localeCompare(startOf(a)))
  return { ...list, items }
}

function isOver({ life, overlay, ack, closed }: Alarm): boolean {
  const [isAcknowledged, isClosed] = [ack !== undefined, closed !== undefined]
  return tabOf({ life, overlay, isAcknowledged, isClosed }) === 'history'
}

function startOf(alarm: Alarm): string {
  return alarm.raisedAt ?? alarm.clearedAt ?? alarm.receivedAt
}
