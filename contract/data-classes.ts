/** How data are classed, how long what is kept, and what can be claimed by two sources at once. */
import type { LocalText } from './text.ts'

/**
 * The working classes of a school, from the freest to the strictest. They are not the national grades (一般、重要、核心数据):
 * those are decided by authorities, and nothing here claims one.
 */
export const dataClasses = {
  public: { zh: '公开', en: 'Public' },
  internal: { zh: '内部', en: 'Internal' },
  sensitive: { zh: '敏感', en: 'Sensitive' },
  personal: { zh: '个人信息', en: 'Personal' },
} as const satisfies Record<string, Required<LocalText>>
export type DataClass = keyof typeof dataClasses
export const dataClassNames = Object.keys(dataClasses) as DataClass[]

/**
 * The class of each datum until somebody says otherwise: by what it measures, then by the category of its device, then `*`.
 * What tells of a person is personal; what shows where people are or how a door is guarded is sensitive.
 */
export const defaultDataClasses: Readonly<Record<string, DataClass>> = {
  '*': 'internal',
  'category:camera': 'sensitive',
  'category:access': 'sensitive',
  'category:sensor.safety': 'sensitive',
  'category:wearable': 'personal',
  'quantity:credential.id': 'personal',
  'quantity:person.id': 'personal',
  'quantity:occupied': 'sensitive',
  'quantity:motion': 'sensitive',
  'quantity:panic': 'sensitive',
}

/** Where things are kept decides how long: each class has one line under `retention` in cloud.yaml, or is kept for good. */
export const retentionClasses = {
  telemetry: { zh: '遥测', en: 'Telemetry' },
  alarms: { zh: '告警', en: 'Alarms' },
  commands: { zh: '指令', en: 'Commands' },
  ledger: { zh: '数据台账', en: 'Data ledger' },
  audit: { zh: '审计', en: 'Audit' },
  inventory: { zh: '台账与档案', en: 'Inventory' },
  computed: { zh: '即时计算，不保存', en: 'Computed when asked, not kept' },
} as const satisfies Record<string, Required<LocalText>>
export type RetentionClass = keyof typeof retentionClasses
export const retentionClassNames = Object.keys(retentionClasses) as RetentionClass[]

/**
 * What describes the room and not the device: two sensors of one room say the same thing twice, and one of them has to be the
 * source. A lamp's switch or a meter's voltage is the device's own, however many stand in a room.
 */
export const roomQuantities = [
  'temperature',
  'humidity',
  'co2',
  'tvoc',
  'tvoc.index',
  'pm1',
  'pm25',
  'pm10',
  'hcho',
  'co',
  'o3',
  'no2',
  'nh3',
  'h2s',
  'ch4',
  'pressure.air',
  'illuminance',
  'noise',
  'occupied',
  'people.count',
] as const satisfies readonly string[]

/** `only`: nobody else says it. `conflict`: several say it, and it was not said which of them counts. */
export const sourceStates = {
  only: { zh: '唯一来源', en: 'Only source' },
  primary: { zh: '主来源', en: 'Primary' },
  secondary: { zh: '辅助来源', en: 'Secondary' },
  conflict: { zh: '来源冲突', en: 'Conflict' },
} as const satisfies Record<string, Required<LocalText>>
export type SourceState = keyof typeof sourceStates
export const sourceStateNames = Object.keys(sourceStates) as SourceState[]
