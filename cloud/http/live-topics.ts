import { type Thing, thingOfPoint } from '#cloud/access/access.ts'
import type {
  AlarmEvent,
  CommandEvent,
  DeviceEvent,
  GatewayEvent,
  LiveEvent,
  PointEvent,
} from '#contract/api/live.ts'

/** The subscriptions that a point's update belongs to: its gateway, its device and itself. Pure. */
export function pointTopics(point: string): string[] {
  const [gateway = '', device = ''] = point.split('/', 2)
  return [`points:${gateway}`, `points:${gateway}/${device}`, `points:${point}`]
}

/** What an event tells of. Pure. */
export function thingOfEvent(event: LiveEvent): Thing {
  switch (event.topic) {
    case 'gateways':
      return { gateway: (event as GatewayEvent).data.id }
    case 'devices':
      return thingOfPoint((event as DeviceEvent).data.device)
    default:
      return thingOfPoint((event as AlarmEvent | CommandEvent | PointEvent).data.point)
  }
}

/** `undefined` for a topic that is no point's. */
export function pointPrefixOf(topic: string): string | undefined {
  return topic.startsWith('points:') ? topic.slice('points:'.length) : undefined
}
