import type { LocalText } from './text.ts'

/**
 * The words of the organisation tree: kinds of places, what may stand under what, what each kind says of itself, and the
 * closed list of room types. Both sides draw from here.
 */
export const nodeKinds = ['bureau', 'district', 'campus', 'building', 'floor', 'room'] as const
export type NodeKind = (typeof nodeKinds)[number]

/**
 * Kind → kinds it may stand under; `null` is the top. A bureau may have campuses without a district, a school may have no
 * bureau above it, and a house of one storey, such as a gate house, needs no floor.
 */
export const parentKinds: Readonly<Record<NodeKind, readonly (NodeKind | null)[]>> = {
  bureau: [null],
  district: ['bureau'],
  campus: [null, 'bureau', 'district'],
  building: ['campus'],
  floor: ['building'],
  room: ['building', 'floor'],
}

export const attributeNames = [
  'schoolCode',
  'stages',
  'people',
  'areaM2',
  'floors',
  'level',
  'roomType',
  'footprint',
] as const
export type AttributeName = (typeof attributeNames)[number]

/** What each kind says of itself, beside its name. */
export const attributesOf: Readonly<Record<NodeKind, readonly AttributeName[]>> = {
  bureau: [],
  district: [],
  campus: ['schoolCode', 'stages', 'people', 'areaM2', 'footprint'],
  building: ['floors', 'footprint'],
  floor: ['level'],
  room: ['roomType', 'areaM2', 'people'],
}

/** Where a number has to lie; `areaM2` alone may have a fraction. */
export const numberRanges = {
  people: { minimum: 0, maximum: 1_000_000 },
  areaM2: { minimum: 0.1, maximum: 100_000_000 },
  floors: { minimum: 1, maximum: 200 },
  level: { minimum: -20, maximum: 200 },
} as const satisfies Partial<Record<AttributeName, { minimum: number; maximum: number }>>

/** A gateway is a box in a school, never one of a bureau. */
export const gatewayKinds: readonly NodeKind[] = ['campus', 'building', 'floor', 'room']

/** The category of a device that takes pictures. */
export const cameraCategory = 'camera'

/** 学段: a nine-year school has two of them. */
export const stages = {
  preschool: { zh: '学前', en: 'Preschool' },
  primary: { zh: '小学', en: 'Primary' },
  junior: { zh: '初中', en: 'Junior secondary' },
  senior: { zh: '普通高中', en: 'Senior secondary' },
  vocational: { zh: '中等职业', en: 'Secondary vocational' },
  special: { zh: '特殊教育', en: 'Special education' },
  higher: { zh: '高等教育', en: 'Higher education' },
} as const satisfies Record<string, LocalText>
export type Stage = keyof typeof stages
export const stageNames = Object.keys(stages) as Stage[]

export type RoomTypeInfo = {
  readonly zh: string
  readonly en: string
  /** The document whose word it is; its limits for light and air are looked up by it. Read in digests, not in the original. */
  readonly term?: string
  /**
   * No camera may stand in it: 公共安全视频图像信息系统管理条例 (State Council Order 799, in force 2025-04-01) forbids them
   * inside the rooms of student and staff lodgings, public baths, toilets, changing and nursing rooms. Known from the press
   * digest of the order; its article numbers were not checked.
   */
  readonly isPrivate?: true
}

const lighting = 'GB/T 50034-2024'
const schools = 'GB 50099'

export const roomTypes = {
  'ordinary-classroom': { zh: '普通教室', en: 'Ordinary classroom', term: 'GB 7793-2010' },
  'computer-room': { zh: '计算机教室', en: 'Computer room', term: lighting },
  'multimedia-room': { zh: '多媒体教室', en: 'Multimedia room', term: lighting },
  'art-room': { zh: '美术教室', en: 'Art room', term: lighting },
  'dance-room': { zh: '舞蹈教室', en: 'Dance room', term: schools },
  'music-room': { zh: '音乐教室', en: 'Music room' },
  laboratory: { zh: '实验室', en: 'Laboratory', term: lighting },
  'reading-room': { zh: '阅览室', en: 'Reading room', term: lighting },
  'e-reading-room': { zh: '电子阅览室', en: 'E-reading room', term: lighting },
  'open-reading': { zh: '图书馆开放式阅览室', en: 'Library, open reading', term: lighting },
  'book-stacks': { zh: '书库', en: 'Library stacks', term: lighting },
  office: { zh: '办公室', en: 'Office', term: schools },
  'health-room': { zh: '卫生室（保健室）', en: 'Health room', term: schools },
  'lecture-hall': { zh: '报告厅', en: 'Lecture hall' },
  gymnasium: { zh: '体育馆', en: 'Gymnasium' },
  'covered-sports-hall': { zh: '风雨操场', en: 'Covered sports hall', term: schools },
  canteen: { zh: '食堂餐厅', en: 'Dining hall', term: lighting },
  kitchen: { zh: '厨房', en: 'Kitchen' },
  corridor: { zh: '走廊', en: 'Corridor', term: schools },
  stairs: { zh: '楼梯间', en: 'Stairs', term: lighting },
  lobby: { zh: '门厅', en: 'Entrance hall' },
  'duty-room': { zh: '值班室', en: 'Duty room' },
  'gate-room': { zh: '传达室（门卫室）', en: 'Gate room' },
  'control-room': { zh: '监控室', en: 'Control room' },
  'server-room': { zh: '电子信息机房', en: 'Server room', term: lighting },
  'distribution-room': { zh: '配电室', en: 'Electrical distribution room' },
  'boiler-room': { zh: '锅炉房', en: 'Boiler room' },
  'pump-room': { zh: '水泵房', en: 'Pump room' },
  store: { zh: '库房', en: 'Store room' },
  'chemical-store': { zh: '危险化学品储存室', en: 'Hazardous chemicals store' },
  'dormitory-room': { zh: '学生宿舍', en: 'Student dormitory room', term: lighting, isPrivate: true },
  'staff-lodging': { zh: '教工宿舍（休息室）', en: 'Staff lodging or rest room', isPrivate: true },
  toilet: { zh: '卫生间', en: 'Toilet', isPrivate: true },
  bathroom: { zh: '浴室', en: 'Bathroom', isPrivate: true },
  'changing-room': { zh: '更衣室', en: 'Changing room', isPrivate: true },
  'nursing-room': { zh: '哺乳室（母婴室）', en: 'Nursing room', isPrivate: true },
  other: { zh: '其他', en: 'Other' },
} as const satisfies Record<string, RoomTypeInfo>
export type RoomType = keyof typeof roomTypes
export const roomTypeNames = Object.keys(roomTypes) as RoomType[]

/** Whether cameras are forbidden in a room of this type. */
export function isPrivateRoom(type: RoomType | undefined): boolean {
  if (type === undefined) return false
  const { isPrivate }: RoomTypeInfo = roomTypes[type]
  return isPrivate === true
}
