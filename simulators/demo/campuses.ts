import type { LocalText } from '#contract/text.ts'
import type { SimHint } from '#gateway/profiles/sim-hints.ts'

/** The two invented campuses of the demo. */
export type Place = {
  readonly id: string
  readonly profile: string
  readonly title: LocalText
  readonly location: LocalText
  readonly params?: Readonly<Record<string, unknown>>
  readonly signals?: Readonly<Record<string, SimHint>>
}

export type Campus = {
  readonly id: string
  readonly title: LocalText
  /** On one Modbus TCP line, units 1, 2, … in this order. */
  readonly modbus: readonly Place[]
  /** On the gateway's broker. */
  readonly mqtt: readonly Place[]
}

/** Counters start higher than any earlier start of the demo left them: these meters count less than so many kW. */
const countingSince = Date.UTC(2024, 8, 1)
const kilowatts = 15

const meters = [
  '教学楼 A|Teaching block A',
  '教学楼 B|Teaching block B',
  '实验楼|Laboratories',
  '食堂|Canteen',
]
  .concat(['宿舍楼|Dormitory', '体育馆|Gymnasium'])
  .map(both)
const corridors = [
  '一层走廊|Ground-floor corridor',
  '二层走廊|First-floor corridor',
  '操场照明|Sports-field lights',
]
  .concat(['门厅|Entrance hall'])
  .map(both)

export const bureau = { id: 'demo-bureau', title: { zh: '示范区教育局', en: 'Demo district bureau' } }

export const campuses: readonly Campus[] = [
  campus('yucai-school', { zh: '育才学校', en: 'Yucai School' }),
  campus('no-3-middle-school', { zh: '第三中学', en: 'No. 3 Middle School' }),
]

function campus(id: string, title: LocalText): Campus {
  return {
    id,
    title,
    modbus: [
      ...meters.map((location, i) => ({
        id: `meter-${i + 1}`,
        profile: 'eastron.sdm630',
        title: { zh: spaced(location.zh, '总表'), en: `${location.en} main meter` },
        location,
        signals: energyCounters(1_000 * (i + 1)),
      })),
      ...corridors.map((location, i) => ({
        id: `relay-${i + 1}`,
        profile: 'waveshare.relay8',
        title: { zh: spaced(location.zh, '继电器'), en: `${location.en} relays` },
        location,
      })),
    ],
    mqtt: Array.from({ length: 12 }, (_, i) => {
      const room = 101 + Math.floor(i / 4) * 100 + (i % 4)
      return {
        id: `lux-${room}`,
        profile: 'zigbee2mqtt.illuminance',
        params: { name: `lux-${room}` },
        title: { zh: `${room} 教室照度`, en: `Classroom ${room} illuminance` },
        location: { zh: `${room} 教室`, en: `Classroom ${room}` },
        // Lamps hold the desks near 500 lx; 201 has a lamp to replace, so that one alarm comes and goes.
        signals: {
          illuminance:
            room === 201
              ? { gen: 'walk' as const, mean: 300, sd: 60, theta: 0.05 }
              : { gen: 'walk' as const, mean: 480 + 10 * (i % 5), sd: 25, theta: 0.05 },
        },
      }
    }),
  }
}

/** A space where Chinese follows a Latin letter or a digit. */
function spaced(start: string, end: string): string {
  return /[A-Za-z0-9]$/.test(start) ? `${start} ${end}` : `${start}${end}`
}

function energyCounters(extra: number): Record<string, SimHint> {
  const total = extra + Math.round((kilowatts * (Date.now() - countingSince)) / 3_600_000)
  const counter = (of: string, start: number) => ({ gen: 'integrate' as const, of, mul: 0.001, start })
  return {
    'energy.active.import': counter('power.active', total),
    'energy.active.import.l1': counter('power.active.l1', Math.round(total / 3)),
    'energy.active.import.l2': counter('power.active.l2', Math.round(total / 3)),
    'energy.active.import.l3': counter('power.active.l3', Math.round(total / 3)),
  }
}

function both(text: string): { zh: string; en: string } {
  const [zh = '', en = ''] = text.split('|')
  return { zh, en }
}
