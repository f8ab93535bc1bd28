import { allDownTopics, downChannels, downTopic, parseUpTopic, type UpChannel } from '#contract/topics.ts'

/** The channel when `gateway` may publish to the topic: its own `up` topics and nothing else. */
export function publishChannel(gateway: string, topic: string): UpChannel | undefined {
  const parsed = parseUpTopic(topic)
  return parsed?.gateway === gateway ? parsed.channel : undefined
}

/** A gateway hears what is sent down to itself: one channel or all of them. */
export function maySubscribe(gateway: string, filter: string): boolean {
  return (
    filter === allDownTopics(gateway) ||
    downChannels.some((channel) => filter === downTopic(gateway, channel))
  )
}
