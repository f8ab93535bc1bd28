/** The subscriptions that a point's update belongs to: its gateway, its device and itself. Pure. */
export function pointTopics(point: string): string[] {
  const [gateway = '', device = ''] = point.split('/', 2)
  return [`points:${gateway}`, `points:${gateway}/${device}`, `points:${point}`]
}

/** `undefined` for a topic that is no point's. */
export function pointPrefixOf(topic: string): string | undefined {
  return topic.startsWith('points:') ? topic.slice('points:'.length) : undefined
}
