/** More topics than this are asked for by gateway: a socket may have a thousand. */
const maxDevices = 300

/** What a list of devices listens to. */
export function deviceTopics(devices: readonly { id: string; gateway: string }[]): string[] {
  const names =
    devices.length <= maxDevices ? devices.map(({ id }) => id) : devices.map(({ gateway }) => gateway)
  return [...new Set(names)].map((name) => `points:${name}`)
}
