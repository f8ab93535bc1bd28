/**
 * What a point may be called and what its name means: the closed vocabulary that profiles, rules and the console share.
 * A name fixes kind, unit, valid range and title. Whatever a vendor adds beyond it is called `x.…` and drives no rule.
 */
import type { LocalText } from './text.ts'

/** `counter` only grows, apart from resets; `event` is a moment and not a state. */
export type ValueKind = 'num' | 'bool' | 'enum' | 'text' | 'counter' | 'event'

export type PointKind = {
  /** Its row of the vocabulary: `voltage` for `voltage.l1`, `relay` for `relay.3`; `x` for a vendor's own. */
  readonly row: string
  readonly title: LocalText
  /** Kind and unit (UCUM, `1` where there is none) are absent for a vendor's own point: its profile says. */
  readonly kind?: ValueKind
  readonly unit?: string
  /** In that unit, both ends included. */
  readonly valid?: readonly [min: number, max: number]
  /** Class of Brick 1.4.4, where there is one. */
  readonly brick?: string
  /** Fire, gas, carbon monoxide or a cry for help: an alarm about it is never put aside. */
  readonly lifeSafety?: true
}

type Row = {
  readonly kind: ValueKind
  readonly unit: string
  readonly zh: string
  readonly en: string
  readonly valid?: readonly [min: number, max: number]
  readonly brick?: string
  readonly lifeSafety?: true
  /** What may follow the row's name after a dot; '' stands for nothing, which is also the default. */
  readonly endings?: readonly string[] | 'numbered'
}

const phases = ['l1', 'l2', 'l3'] as const
const lines = ['l1_l2', 'l2_l3', 'l3_l1'] as const
const tariffs = ['t1', 't2', 't3', 't4'] as const
const percent = [0, 100] as const
const positive = [0, Number.MAX_VALUE] as const

export const pointVocabulary: Readonly<Record<string, Row>> = {
  voltage: {
    kind: 'num',
    unit: 'V',
    zh: '电压',
    en: 'Voltage',
    valid: [0, 1000],
    brick: 'Voltage_Sensor',
    endings: [...phases, ...lines],
  },
  current: {
    kind: 'num',
    unit: 'A',
    zh: '电流',
    en: 'Current',
    valid: [0, 10_000],
    brick: 'Current_Sensor',
    endings: [...phases, 'n'],
  },
  'power.active': {
    kind: 'num',
    unit: 'W',
    zh: '有功功率',
    en: 'Active power',
    valid: [-10_000_000, 10_000_000],
    brick: 'Active_Power_Sensor',
    endings: ['', ...phases],
  },
  'power.reactive': {
    kind: 'num',
    unit: 'V.A{reactive}',
    zh: '无功功率',
    en: 'Reactive power',
    valid: [-10_000_000, 10_000_000],
    brick: 'Reactive_Power_Sensor',
    endings: ['', ...phases],
  },
  'power.apparent': {
    kind: 'num',
    unit: 'V.A',
    zh: '视在功率',
    en: 'Apparent power',
    valid: [-10_000_000, 10_000_000],
    brick: 'Apparent_Power_Sensor',
    endings: ['', ...phases],
  },
  power_factor: {
    kind: 'num',
    unit: '1',
    zh: '功率因数',
    en: 'Power factor',
    valid: [-1, 1],
    brick: 'Power_Factor_Sensor',
    endings: ['', ...phases],
  },
  frequency: {
    kind: 'num',
    unit: 'Hz',
    zh: '频率',
    en: 'Frequency',
    valid: [40, 70],
    brick: 'Frequency_Sensor',
  },
  'energy.active.import': {
    kind: 'counter',
    unit: 'kW.h',
    zh: '正向有功电能',
    en: 'Active energy imported',
    valid: positive,
    brick: 'Electric_Energy_Sensor',
    endings: ['', ...phases, ...tariffs],
  },
  'energy.active.export': {
    kind: 'counter',
    unit: 'kW.h',
    zh: '反向有功电能',
    en: 'Active energy exported',
    valid: positive,
    brick: 'Electric_Energy_Sensor',
    endings: ['', ...phases, ...tariffs],
  },
  'energy.reactive.import': {
    kind: 'counter',
    unit: 'kV.A.h{reactive}',
    zh: '正向无功电能',
    en: 'Reactive energy imported',
    valid: positive,
    brick: 'Electric_Energy_Sensor',
    endings: ['', ...phases, ...tariffs],
  },
  'energy.reactive.export': {
    kind: 'counter',
    unit: 'kV.A.h{reactive}',
    zh: '反向无功电能',
    en: 'Reactive energy exported',
    valid: positive,
    brick: 'Electric_Energy_Sensor',
    endings: ['', ...phases, ...tariffs],
  },
  'demand.active': { kind: 'num', unit: 'W', zh: '有功需量', en: 'Active demand', brick: 'Demand_Sensor' },
  'demand.active.max': {
    kind: 'num',
    unit: 'W',
    zh: '最大有功需量',
    en: 'Maximum active demand',
    brick: 'Peak_Demand_Sensor',
  },
  'thd.voltage': {
    kind: 'num',
    unit: '%',
    zh: '电压谐波畸变率',
    en: 'Voltage distortion',
    valid: percent,
    endings: phases,
  },
  'thd.current': {
    kind: 'num',
    unit: '%',
    zh: '电流谐波畸变率',
    en: 'Current distortion',
    valid: percent,
    endings: phases,
  },
  'water.volume': {
    kind: 'counter',
    unit: 'm3',
    zh: '用水量',
    en: 'Water volume',
    valid: positive,
    brick: 'Water_Usage_Sensor',
  },
  'water.flow': { kind: 'num', unit: 'm3/h', zh: '水流量', en: 'Water flow', brick: 'Water_Flow_Sensor' },
  'water.level': { kind: 'num', unit: 'm', zh: '水位', en: 'Water level', brick: 'Water_Level_Sensor' },
  'light.on': { kind: 'bool', unit: '1', zh: '灯开关', en: 'Light', brick: 'On_Off_Status' },
  'light.level': {
    kind: 'num',
    unit: '%',
    zh: '亮度',
    en: 'Brightness',
    valid: percent,
    brick: 'Lighting_Level_Command',
  },
  'light.cct': { kind: 'num', unit: 'K', zh: '色温', en: 'Colour temperature', valid: [1000, 10_000] },
  'light.fault': { kind: 'bool', unit: '1', zh: '灯具故障', en: 'Light fault', brick: 'Fault_Status' },
  'light.scene': {
    kind: 'num',
    unit: '1',
    zh: '灯光场景',
    en: 'Light scene',
    valid: [0, 15],
    brick: 'Lighting_Level_Command',
  },
  relay: { kind: 'bool', unit: '1', zh: '继电器', en: 'Relay', brick: 'On_Off_Status', endings: 'numbered' },
  input: { kind: 'bool', unit: '1', zh: '输入', en: 'Input', brick: 'Contact_Sensor', endings: 'numbered' },
  'water.pressure': {
    kind: 'num',
    unit: 'kPa',
    zh: '水压',
    en: 'Water pressure',
    valid: positive,
    brick: 'Water_Pressure_Sensor',
  },
  'water.temperature': {
    kind: 'num',
    unit: 'Cel',
    zh: '水温',
    en: 'Water temperature',
    valid: [-20, 150],
    brick: 'Water_Temperature_Sensor',
  },
  temperature: {
    kind: 'num',
    unit: 'Cel',
    zh: '温度',
    en: 'Temperature',
    valid: [-50, 100],
    brick: 'Air_Temperature_Sensor',
  },
  'temperature.setpoint': {
    kind: 'num',
    unit: 'Cel',
    zh: '设定温度',
    en: 'Temperature setpoint',
    valid: [5, 35],
    brick: 'Target_Zone_Air_Temperature_Setpoint',
  },
  humidity: {
    kind: 'num',
    unit: '%',
    zh: '湿度',
    en: 'Humidity',
    valid: percent,
    brick: 'Relative_Humidity_Sensor',
  },
  co2: { kind: 'num', unit: '[ppm]', zh: '二氧化碳', en: 'CO₂', valid: [0, 10_000], brick: 'CO2_Sensor' },
  tvoc: {
    kind: 'num',
    unit: 'ug/m3',
    zh: '总挥发性有机物',
    en: 'Volatile organic compounds',
    valid: positive,
    brick: 'TVOC_Level_Sensor',
  },
  'tvoc.index': {
    kind: 'num',
    unit: '1',
    zh: '挥发性有机物指数',
    en: 'Volatile organic compounds index',
    valid: [0, 500],
  },
  pm25: {
    kind: 'num',
    unit: 'ug/m3',
    zh: 'PM2.5',
    en: 'PM2.5',
    valid: [0, 1000],
    brick: 'PM2.5_Level_Sensor',
  },
  pm10: { kind: 'num', unit: 'ug/m3', zh: 'PM10', en: 'PM10', valid: [0, 1000], brick: 'PM10_Level_Sensor' },
  hcho: {
    kind: 'num',
    unit: 'mg/m3',
    zh: '甲醛',
    en: 'Formaldehyde',
    valid: positive,
    brick: 'Formaldehyde_Level_Sensor',
  },
  pm1: { kind: 'num', unit: 'ug/m3', zh: 'PM1', en: 'PM1', valid: [0, 1000], brick: 'PM1_Level_Sensor' },
  co: {
    kind: 'num',
    unit: '[ppm]',
    zh: '一氧化碳',
    en: 'CO',
    valid: positive,
    brick: 'CO_Level_Sensor',
    lifeSafety: true,
  },
  o3: { kind: 'num', unit: '[ppm]', zh: '臭氧', en: 'O₃', valid: positive, brick: 'Ozone_Level_Sensor' },
  no2: { kind: 'num', unit: '[ppm]', zh: '二氧化氮', en: 'NO₂', valid: positive, brick: 'NO2_Level_Sensor' },
  nh3: { kind: 'num', unit: '[ppm]', zh: '氨气', en: 'NH₃', valid: positive, brick: 'Ammonia_Sensor' },
  h2s: { kind: 'num', unit: '[ppm]', zh: '硫化氢', en: 'H₂S', valid: positive, brick: 'Gas_Sensor' },
  ch4: {
    kind: 'num',
    unit: '[ppm]',
    zh: '甲烷',
    en: 'CH₄',
    valid: positive,
    brick: 'Methane_Level_Sensor',
    lifeSafety: true,
  },
  'pressure.air': {
    kind: 'num',
    unit: 'kPa',
    zh: '气压',
    en: 'Air pressure',
    valid: [80, 110],
    brick: 'Static_Pressure_Sensor',
  },
  illuminance: {
    kind: 'num',
    unit: 'lx',
    zh: '照度',
    en: 'Illuminance',
    valid: [0, 200_000],
    brick: 'Illuminance_Sensor',
  },
  light_level_index: { kind: 'num', unit: '1', zh: '光照等级', en: 'Light level', valid: [0, 5] },
  noise: { kind: 'num', unit: 'dB[SPL]{A}', zh: '噪声', en: 'Noise', valid: [20, 140] },
  'wind.speed': {
    kind: 'num',
    unit: 'm/s',
    zh: '风速',
    en: 'Wind speed',
    valid: [0, 100],
    brick: 'Wind_Speed_Sensor',
  },
  'wind.direction': {
    kind: 'num',
    unit: 'deg',
    zh: '风向',
    en: 'Wind direction',
    valid: [0, 360],
    brick: 'Wind_Direction_Sensor',
  },
  rain: { kind: 'num', unit: 'mm', zh: '降雨量', en: 'Rain', valid: positive },
  motion: { kind: 'bool', unit: '1', zh: '移动', en: 'Motion', brick: 'Motion_Sensor' },
  occupied: { kind: 'bool', unit: '1', zh: '有人', en: 'Occupied', brick: 'Occupancy_Sensor' },
  'people.count': {
    kind: 'num',
    unit: '{person}',
    zh: '人数',
    en: 'People',
    valid: positive,
    brick: 'Occupancy_Count_Sensor',
  },
  'people.in': {
    kind: 'counter',
    unit: '{person}',
    zh: '进入人数',
    en: 'People in',
    valid: positive,
    brick: 'Occupancy_Count_Sensor',
  },
  'people.out': {
    kind: 'counter',
    unit: '{person}',
    zh: '离开人数',
    en: 'People out',
    valid: positive,
    brick: 'Occupancy_Count_Sensor',
  },
  'door.open': { kind: 'bool', unit: '1', zh: '门开启', en: 'Door open', brick: 'Contact_Sensor' },
  tamper: { kind: 'bool', unit: '1', zh: '防拆报警', en: 'Tamper' },
  leak: { kind: 'bool', unit: '1', zh: '漏水', en: 'Water leak', brick: 'Leak_Alarm' },
  smoke: { kind: 'bool', unit: '1', zh: '烟雾报警', en: 'Smoke', brick: 'Smoke_Alarm', lifeSafety: true },
  'gas.alarm': {
    kind: 'bool',
    unit: '1',
    zh: '燃气报警',
    en: 'Gas alarm',
    brick: 'Gas_Sensor',
    lifeSafety: true,
  },
  'fire.manual': {
    kind: 'event',
    unit: '1',
    zh: '手动火灾报警',
    en: 'Manual fire alarm',
    brick: 'Emergency_Alarm',
    lifeSafety: true,
  },
  panic: {
    kind: 'event',
    unit: '1',
    zh: '一键报警',
    en: 'Panic button',
    brick: 'Emergency_Alarm',
    lifeSafety: true,
  },
  intrusion: { kind: 'bool', unit: '1', zh: '区域入侵', en: 'Intrusion' },
  line_crossed: { kind: 'event', unit: '1', zh: '越线', en: 'Line crossed' },
  loitering: { kind: 'bool', unit: '1', zh: '徘徊', en: 'Loitering' },
  person: { kind: 'bool', unit: '1', zh: '发现人员', en: 'Person' },
  vehicle: { kind: 'bool', unit: '1', zh: '发现车辆', en: 'Vehicle' },
  'video.loss': { kind: 'bool', unit: '1', zh: '视频丢失', en: 'Video loss', brick: 'Fault_Status' },
  'video.fault': { kind: 'bool', unit: '1', zh: '视频异常', en: 'Video fault', brick: 'Fault_Status' },
  'camera.tamper': {
    kind: 'bool',
    unit: '1',
    zh: '摄像机遮挡',
    en: 'Camera tampered with',
    brick: 'Fault_Status',
  },
  'camera.events': { kind: 'bool', unit: '1', zh: '摄像机事件接收', en: 'Camera events received' },
  'camera.clock_offset': {
    kind: 'num',
    unit: 's',
    zh: '摄像机时钟偏差',
    en: 'Clock difference of the camera',
  },
  'camera.brightness': { kind: 'num', unit: '%', zh: '画面亮度', en: 'Picture brightness', valid: percent },
  'ptz.preset': { kind: 'text', unit: '1', zh: '云台预置位', en: 'Camera preset' },
  'ptz.move': { kind: 'enum', unit: '1', zh: '云台控制', en: 'Move the camera' },
  'audio.alarm': { kind: 'bool', unit: '1', zh: '声音报警', en: 'Sound alarm' },
  'access.granted': {
    kind: 'event',
    unit: '1',
    zh: '通行允许',
    en: 'Access granted',
    brick: 'Access_Reader',
  },
  'access.denied': { kind: 'event', unit: '1', zh: '通行拒绝', en: 'Access denied', brick: 'Access_Reader' },
  'access.forced': { kind: 'event', unit: '1', zh: '强行闯入', en: 'Door forced', brick: 'Access_Reader' },
  'access.held': { kind: 'event', unit: '1', zh: '门常开超时', en: 'Door held open', brick: 'Access_Reader' },
  'credential.id': { kind: 'text', unit: '1', zh: '凭证编号', en: 'Credential' },
  'person.id': { kind: 'text', unit: '1', zh: '人员编号', en: 'Person id' },
  fault: { kind: 'bool', unit: '1', zh: '故障', en: 'Fault', brick: 'Fault_Status' },
  'hvac.on': { kind: 'bool', unit: '1', zh: '空调开关', en: 'Air conditioning', brick: 'On_Off_Command' },
  'hvac.mode': {
    kind: 'enum',
    unit: '1',
    zh: '空调模式',
    en: 'Air conditioning mode',
    brick: 'Mode_Command',
  },
  'hvac.fan': { kind: 'enum', unit: '1', zh: '风速档位', en: 'Fan speed', brick: 'Mode_Command' },
  battery: { kind: 'num', unit: '%', zh: '电池电量', en: 'Battery', valid: percent },
  'battery.low': { kind: 'bool', unit: '1', zh: '电池电量低', en: 'Battery low', brick: 'Low_Battery_Alarm' },
  'battery.voltage': {
    kind: 'num',
    unit: 'V',
    zh: '电池电压',
    en: 'Battery voltage',
    brick: 'Battery_Voltage_Sensor',
  },
  rssi: { kind: 'num', unit: 'dB{mW}', zh: '信号强度', en: 'Signal strength' },
  snr: { kind: 'num', unit: 'dB', zh: '信噪比', en: 'Signal to noise' },
  link_quality: { kind: 'num', unit: '1', zh: '链路质量', en: 'Link quality' },
  online: { kind: 'bool', unit: '1', zh: '在线', en: 'Online' },
  cpu: { kind: 'num', unit: '%', zh: '处理器占用', en: 'Processor load', valid: percent },
  uptime: { kind: 'num', unit: 's', zh: '运行时间', en: 'Uptime', valid: positive },
  restarts: { kind: 'counter', unit: '{count}', zh: '重启次数', en: 'Restarts', valid: positive },
}

const namePattern = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$/

/**
 * The meaning of a point's id inside its device, or `undefined` for a name that is not in the vocabulary. A part in
 * front is looked through and named in the title: `gear.2/light.level` is 亮度 (灯具 2).
 */
export function pointKind(id: string): PointKind | undefined {
  const slash = id.indexOf('/')
  const kind = kindOf(id.slice(slash + 1))
  if (slash < 0 || kind === undefined) return kind
  const part = id.slice(0, slash)
  if (!namePattern.test(part)) return undefined
  const where = partTitle(part)
  const { zh = '', en = '' } = kind.title
  return { ...kind, title: { zh: `${zh} (${where.zh})`, en: `${en} (${where.en})` } }
}

/** Parts of a device as people call them; what is not listed is shown as it is. */
const partNames: Readonly<Record<string, { readonly zh: string; readonly en: string }>> = {
  all: { zh: '全部', en: 'all' },
  button: { zh: '按键', en: 'button' },
  channel: { zh: '通道', en: 'channel' },
  detector: { zh: '探测器', en: 'detector' },
  door: { zh: '门', en: 'door' },
  external: { zh: '外接', en: 'external' },
  gear: { zh: '灯具', en: 'gear' },
  group: { zh: '分组', en: 'group' },
  meter: { zh: '表', en: 'meter' },
  zone: { zh: '分区', en: 'zone' },
}

/** `gear.2` → 灯具 2 */
function partTitle(part: string): { zh: string; en: string } {
  const [name = '', ...numbers] = part.split('.')
  const { zh = name, en = name } = Object.hasOwn(partNames, name) ? (partNames[name] ?? {}) : {}
  return { zh: [zh, ...numbers].join(' '), en: [en, ...numbers].join(' ') }
}

function kindOf(name: string): PointKind | undefined {
  if (!namePattern.test(name)) return undefined
  if (name.startsWith('x.')) return { row: 'x', title: { zh: name.slice(2), en: name.slice(2) } }
  const dot = name.lastIndexOf('.')
  return rowAs(name, '') ?? (dot < 0 ? undefined : rowAs(name.slice(0, dot), name.slice(dot + 1)))
}

function rowAs(name: string, ending: string): PointKind | undefined {
  const row = Object.hasOwn(pointVocabulary, name) ? pointVocabulary[name] : undefined
  if (row === undefined || !allows(row, ending)) return undefined
  const { zh, en, endings, ...rest } = row
  const shown = endingText(ending)
  return { row: name, ...rest, title: { zh: zh + shown, en: en + shown } }
}

function allows({ endings = [''] }: Row, ending: string): boolean {
  return endings === 'numbered' ? /^(?:0|[1-9]\d{0,4})$/.test(ending) : endings.includes(ending)
}

/** l1 → L1, l1_l2 → L1-L2, 3 → 3 */
function endingText(ending: string): string {
  return ending === '' ? '' : ` ${ending.toUpperCase().replace('_', '-')}`
}
