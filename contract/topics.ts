/** The only place with wire topic text. `campus/v1/<gateway>/up/<channel>` and `…/down/<channel>`. */
export const upChannels = ['events', 'live', 'backfill', 'state', 'reply'] as const
export const downChannels = ['ack', 'command', 'config', 'calendar', 'request'] as const
export type UpChannel = (typeof upChannels)[number]
export type DownChannel = (typeof downChannels)[number]

/** Gateway ids and device ids. */
export const idPattern = /^[a-z0-9][a-z0-9-]{1,62}$/

const root = 'campus/v1'

export function upTopic(gateway: string, channel: UpChannel): string {
  return `${root}/${gateway}/up/${channel}`
}

export function downTopic(gateway: string, channel: DownChannel): string {
  return `${root}/${gateway}/down/${channel}`
}

/** What the cloud subscribes to when its broker is not its own. */
export const allUpTopics = `${root}/+/up/+`

export function allDownTopics(gateway: string): string {
  return `${root}/${gateway}/down/+`
}

/** `undefined` for a topic that is not ours, has an unknown channel or a malformed gateway id. */
export function parseUpTopic(topic: string): { gateway: string; channel: UpChannel } | undefined {
  const [campus, version, gateway, direction, channel, ...rest] = topic.split('/')
  if (`${campus}/${version}` !== root || direction !== 'up' || rest.length > 0) return undefined
  const known = upChannels.find((one) => one === channel)
  if (gateway === undefined || !idPattern.test(gateway) || known === undefined) return undefined
  return { gateway, channel: known }
}
