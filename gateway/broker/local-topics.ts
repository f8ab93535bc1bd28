/** The topics that the gateway itself uses on the local broker. Devices use whatever their profiles say. */
export const commandFilter = 'commands/#'

export function pointTopic(point: string): string {
  return `points/${point}`
}

export function commandResultTopic(point: string): string {
  return `commands/${point}/result`
}

export function alarmTopic(rule: string): string {
  return `alarms/${rule}`
}

/** `<device>/<point>` of `commands/<device>/<point>`; `undefined` for a result or anything else. */
export function commandedPoint(topic: string): string | undefined {
  const [root, device, ...point] = topic.split('/')
  if (root !== 'commands' || device === undefined || device === '' || point.length === 0) return undefined
  if (point.at(-1) === 'result' || point.includes('')) return undefined
  return `${device}/${point.join('/')}`
}

/**
 * Where devices make themselves known: Tasmota, first Shelly devices, everything that follows Home Assistant. They do so
 * unasked, and what a credential allows says nothing about it.
 */
export function isAnnouncement(topic: string): boolean {
  if (topic === 'shellies/announce') return true
  if (topic.startsWith('homeassistant/')) return topic.endsWith('/config')
  return topic.startsWith('tasmota/discovery/')
}

/** Where an announcement goes that the credential does not allow: `#` does not reach it, so the gateway alone hears it. */
export const heardOnly = '$heard/'

/** Written by the gateway alone: a client that could write here would speak in the gateway's name. */
export function isReserved(topic: string): boolean {
  if (topic.startsWith('$') || topic.startsWith('points/') || topic.startsWith('alarms/')) return true
  return topic.startsWith('commands/') && topic.endsWith('/result')
}
