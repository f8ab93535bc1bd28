import type { Device } from '#gateway/profiles/device.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { deviceOf } from './read-vector.ts'

/** The list that a person looks a device up in, as Markdown: by kind, with how sure we are of it. */
export function catalogueText(profiles: readonly Profile[]): string {
  const kinds = Object.entries(headings).flatMap(([category, heading]) => {
    const own = profiles.filter((profile) => profile.category === category)
    return own.length === 0 ? [] : [`## ${heading}\n\n${table(own)}`]
  })
  return `${introduction(profiles.length)}\n${kinds.join('\n\n')}\n`
}

const headings: Readonly<Record<Profile['category'], string>> = {
  'meter.electric': '电表 Electricity meters',
  'meter.water': '水表 Water meters',
  'light.gateway': '灯光网关 Lighting gateways',
  light: '灯光 Lights',
  relay: '继电器与插座 Relays and sockets',
  io: '输入输出 Inputs and outputs',
  hvac: '暖通 Heating and cooling',
  'sensor.env': '环境 Environment',
  'sensor.safety': '安全 Safety',
  button: '一键报警 Alarm buttons',
  access: '门禁 Doors',
  camera: '摄像机 Cameras',
  wearable: '可穿戴 Wearables',
  gateway: '网关 Gateways',
}

function introduction(count: number): string {
  return `# Device profiles by kind

${count} profiles. Written by \`npx vitest run tests/device-profiles/catalogue.test.ts -u\`; the same test fails when a profile is
missing here. How a profile is read and written: [README.md](README.md).

**Points** counts those of a device with the parameters of the profile's first vector, **written** those that can be
commanded. **Sure** counts them by the evidence in the profile's \`provenance\`: high is a manual or two independent
implementations, medium is one, low is hidden until a person has compared it with the device.
`
}

function table(profiles: readonly Profile[]): string {
  const rows = profiles.toSorted(byProtocolAndId).map(row)
  return [
    '| id | device | models | over | points | written | sure |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function byProtocolAndId(a: Profile, b: Profile): number {
  return a.protocol.localeCompare(b.protocol) || a.id.localeCompare(b.id)
}

function row(profile: Profile): string {
  const { points } = deviceOf(profile, profile.tests[0]) as Device
  const { id, title, models, protocol } = profile
  const cells = [
    `[\`${id}\`](${protocol}/${id}.yaml)`,
    `${title.zh}<br>${title.en}`,
    models.join(', '),
    over(profile),
    String(points.length),
    String(points.filter(({ write }) => write !== undefined).length),
    sure(points),
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function over(profile: Profile): string {
  switch (profile.protocol) {
    case 'modbus':
      return `Modbus ${profile.modbus.transports.map((name) => transports[name]).join(', ')}`
    case 'mqtt':
      return 'MQTT'
    case 'onvif':
      return 'ONVIF'
  }
}

const transports = { rtu: 'RTU', tcp: 'TCP', rtu_over_tcp: 'RTU over TCP' } as const

function sure(points: Device['points']): string {
  const counts = (['high', 'medium', 'low'] as const).map((level) => ({
    level,
    count: points.filter(({ confidence }) => confidence === level).length,
  }))
  const present = counts.filter(({ count }) => count > 0)
  return present.length === 1
    ? `${present[0]?.level}`
    : present.map(({ level, count }) => `${count} ${level}`).join(', ')
}
