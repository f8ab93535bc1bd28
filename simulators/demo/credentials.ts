import type { MqttDevice } from '#gateway/profiles/device.ts'

/** What a device may do at the broker: say what its profile has it say, and hear its own commands. Pure. */
export function rightsOf({ address, points }: MqttDevice): { publish: string[]; subscribe: string[] } {
  const targets = points.flatMap(({ write }) => (write === undefined ? [] : [write.to]))
  const publish = [
    ...address.topics.map(({ filter }) => filter),
    ...address.availability.map(({ topic }) => topic),
    ...targets.flatMap(({ ack }) => (ack === undefined ? [] : [ack.topic])),
  ]
  return { publish: [...new Set(publish)], subscribe: [...new Set(targets.map(({ topic }) => topic))] }
}
