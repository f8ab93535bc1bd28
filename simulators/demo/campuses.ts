import type { LocalText } from '#contract/text.ts'
import type { SimHint } from '#gateway/profiles/sim-hints.ts'

/** One device of an invented campus. */
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
  /** Behind a Modbus TCP gateway, units 1, 2, … in this order. */
  readonly plant: readonly Place[]
  /** On a serial line behind a converter, units 1, 2, … in this order. */
  readonly lighting: readonly Place[]
  /** On the gateway's broker. */
  readonly mqtt: readonly Place[]
  readonly cameras: readonly Place[]
}

export const bureau = { id: 'demo-bureau', title: { zh: '示范区教育局', en: 'Demo district bureau' } }

export const campuses: readonly Campus[] = [
  {
    id: 'yucai-school',
    title: { zh: '育才学校', en: 'Yucai School' },
    plant: [
      meter('meter-1', 'eastron.sdm630', '教学楼 A|Teaching block A', 4.2),
      meter('meter-2', 'eastron.sdm630', '教学楼 B|Teaching block B', 3.6),
      meter('meter-3', 'schneider.pm5320', '实验楼|Laboratories', 2.8),
      meter('meter-4', 'acrel.dtsd1352', '食堂|Canteen', 5),
      meter('meter-5', 'chint.dtsu666', '宿舍楼|Dormitory', 3.1),
      place('water-1', 'xintai.ultrasonic-water', '自来水总表|Main water meter', '水泵房|Pump room'),
      place('weather-1', 'renke.weather-station', '气象站|Weather station', '教学楼 A 楼顶|Roof of block A'),
      place('climate-1', 'renke.rs-ws-n01', '机房温湿度|Server room climate', '网络机房|Server room'),
    ],
    lighting: [
      place('relay-1', 'waveshare.relay8', '操场照明回路|Sports-field lights', '操场|Sports field'),
      place('dimmer-1', 'wirenboard.mdm3', '报告厅调光|Lecture hall dimmer', '报告厅|Lecture hall'),
      place('dali-1', 'ecodim.dali-gw2', '图书馆灯光|Library lights', '图书馆|Library'),
    ],
    mqtt: [
      ...[101, 102, 103, 201, 202].map(lux),
      zigbee('climate-103', 'climate', '教室温湿度|Classroom climate', '103 教室|Classroom 103'),
      zigbee('motion-1', 'motion', '人体传感器|Motion sensor', '一层走廊|Ground-floor corridor'),
      zigbee('leak-2', 'leak', '水浸传感器|Leak sensor', '食堂后厨|Canteen kitchen'),
      zigbee('smoke-2', 'smoke', '烟感|Smoke alarm', '实验楼三层|Laboratories, second floor'),
      zigbee('door-1', 'contact', '药品柜门磁|Cabinet door', '化学准备室|Chemistry store'),
      zigbee('smoke-1', 'smoke', '烟感|Smoke alarm', '宿舍楼二层|Dormitory, first floor'),
      zigbee('leak-1', 'leak', '水浸传感器|Leak sensor', '水泵房|Pump room'),
      zigbee('lamp-1', 'lamp', '接待台灯|Reception lamp', '门厅|Entrance hall'),
      zigbee('button-1', 'button', '一键报警|Panic button', '值班室|Duty room'),
      place('plug-1', 'tasmota.plug', '饮水机插座|Water dispenser socket', '教师办公室|Staff room', {
        topic: 'tasmota_A1B2C3',
      }),
      place('pump-1', 'shelly.plus-1pm', '喷泉水泵|Fountain pump', '中庭|Courtyard', {
        prefix: 'shellyplus1pm-a8032ab1fe78',
      }),
      lora('air-201', 'milesight.am307', '教室空气质量|Classroom air', '201 教室|Classroom 201', 1),
      lora('people-1', 'milesight.vs121', '客流统计|People counter', '食堂|Canteen', 2),
    ],
    cameras: [
      place('camera-1', 'hikvision.camera', '校门摄像机|Gate camera', '校门|School gate'),
      place('camera-2', 'dahua.camera', '操场摄像机|Sports-field camera', '操场|Sports field'),
    ],
  },
  {
    id: 'no-3-middle-school',
    title: { zh: '第三中学', en: 'No. 3 Middle School' },
    plant: [
      meter('meter-1', 'eastron.sdm630', '教学楼|Teaching block', 4.6),
      meter('meter-2', 'schneider.iem3155', '综合楼|Main building', 3.3),
      meter('meter-3', 'carlo-gavazzi.em340', '食堂|Canteen', 4.1),
      meter('meter-4', 'acrel.adw300', '图书馆|Library', 1.7),
      place('water-1', 'xintai.ultrasonic-water', '自来水总表|Main water meter', '水泵房|Pump room'),
      place('co2-301', 'senseair.s8', '教室二氧化碳|Classroom CO₂', '301 教室|Classroom 301'),
      place('climate-1', 'comwintop.cwt-sl', '档案室温湿度|Archive climate', '档案室|Archive'),
    ],
    lighting: [
      place('relay-1', 'waveshare.relay8', '走廊照明回路|Corridor light circuits', '教学楼|Teaching block'),
      place('relay-2', 'wirenboard.mr6c', '围墙照明回路|Perimeter lights', '围墙|Perimeter'),
      place('dali-1', 'arlight.dali-logic-lite', '美术教室灯光|Art room lights', '美术教室|Art room'),
      place('air-1', 'onokom.air-hr-1', '会议室空调|Meeting room air conditioner', '会议室|Meeting room'),
    ],
    mqtt: [
      ...[101, 102, 201].map(lux),
      zigbee('motion-1', 'motion', '人体传感器|Motion sensor', '二层走廊|First-floor corridor'),
      zigbee('door-1', 'contact', '机房门磁|Server room door', '网络机房|Server room'),
      zigbee('smoke-1', 'smoke', '烟感|Smoke alarm', '图书馆|Library'),
      zigbee('button-1', 'button', '一键报警|Panic button', '门卫室|Guard post'),
      zigbee('plug-1', 'plug', '投影仪插座|Projector socket', '102 教室|Classroom 102'),
      place('blind-1', 'shelly.switch25', '舞台灯回路|Stage light circuits', '礼堂|Assembly hall', {
        id: 'shellyswitch25-B929CC',
      }),
      place('lamp-1', 'tasmota.light', '展柜灯|Showcase lamp', '门厅|Entrance hall', {
        topic: 'tasmota_D4E5F6',
      }),
      lora('climate-102', 'milesight.em300-th', '教室温湿度|Classroom climate', '102 教室|Classroom 102', 3),
      lora('socket-1', 'milesight.ws523', '充电柜插座|Charging cabinet socket', '102 教室|Classroom 102', 4),
      lora('leak-1', 'dragino.wl03a-lb', '水浸绳|Leak rope', '地下室|Basement', 5),
    ],
    cameras: [
      place('camera-1', 'axis.camera', '校门摄像机|Gate camera', '校门|School gate'),
      place('camera-2', 'uniview.camera', '自行车棚摄像机|Bicycle shed camera', '自行车棚|Bicycle shed'),
    ],
  },
]

export function placesOf({ plant, lighting, mqtt, cameras }: Campus): readonly Place[] {
  return [...plant, ...lighting, ...mqtt, ...cameras]
}

/** The profile's names in Chinese and English, `|` between them. */
function place(
  id: string,
  profile: string,
  title: string,
  ...[location, params]: [location: string, params?: Place['params']]
): Place {
  const own = { id, profile, title: both(title), location: both(location) }
  return params === undefined ? own : { ...own, params }
}

/** `kilowatts`: what each phase draws at most in school hours. */
function meter(id: string, profile: string, location: string, kilowatts: number): Place {
  const { zh, en } = both(location)
  const phase = (share: number): SimHint => ({
    ...{ gen: 'day', base: 60 * kilowatts, peak: Math.round(1000 * kilowatts * share) },
    ...{ open: '07:00', close: '22:00', noise: 0.06, weekend: 0.3 },
  })
  return {
    ...{ id, profile, location: { zh, en } },
    title: { zh: spaced(zh, '总表'), en: `${en} main meter` },
    signals: { 'power.active.l1': phase(1), 'power.active.l2': phase(0.9), 'power.active.l3': phase(0.8) },
  }
}

/** Lamps hold the desks near 500 lx; 201 has a lamp to replace, so that one alarm comes and goes. */
function lux(room: number): Place {
  const illuminance: SimHint =
    room === 201
      ? { gen: 'walk', mean: 300, sd: 60, theta: 0.05 }
      : { gen: 'walk', mean: 480 + 10 * (room % 5), sd: 25, theta: 0.05 }
  const names = [`${room} 教室照度|Classroom ${room} illuminance`, `${room} 教室|Classroom ${room}`] as const
  return { ...zigbee(`lux-${room}`, 'illuminance', ...names), signals: { illuminance } }
}

function zigbee(id: string, kind: string, title: string, location: string): Place {
  return place(id, `zigbee2mqtt.${kind}`, title, location, { name: id })
}

/** Behind ChirpStack; the number makes the address of the radio. */
function lora(id: string, profile: string, ...[title, location, number]: [string, string, number]): Place {
  const dev_eui = `24e124${number.toString(16).padStart(10, '0')}`
  return place(id, profile, title, location, { application_id: 'campus', dev_eui })
}

/** A space where Chinese follows a Latin letter or a digit. */
function spaced(start: string, end: string): string {
  return /[A-Za-z0-9]$/.test(start) ? `${start} ${end}` : `${start}${end}`
}

function both(text: string): { zh: string; en: string } {
  const [zh = '', en = ''] = text.split('|')
  return { zh, en }
}
