/** The words of the asset register: what is counted in it, and what is said of each thing. */
import type { LocalText } from './text.ts'

export const assetKinds = {
  gateway: { zh: '网关', en: 'Gateway' },
  device: { zh: '设备', en: 'Device' },
  camera: { zh: '摄像机', en: 'Camera' },
} as const satisfies Record<string, Required<LocalText>>
export type AssetKind = keyof typeof assetKinds
export const assetKindNames = Object.keys(assetKinds) as AssetKind[]

/** What a thing may say of itself. Where it says nothing a person fills it in; where both say something, the thing counts. */
export const sharedFields = {
  maker: { zh: '厂商', en: 'Maker' },
  model: { zh: '型号', en: 'Model' },
  serial: { zh: '序列号', en: 'Serial number' },
  firmware: { zh: '固件版本', en: 'Firmware' },
  address: { zh: '地址', en: 'Address' },
} as const satisfies Record<string, Required<LocalText>>
export type SharedField = keyof typeof sharedFields
export const sharedFieldNames = Object.keys(sharedFields) as SharedField[]

/** What only people know. Days are written `2026-11-27`. */
export const handFields = {
  installedBy: { zh: '安装单位（人）', en: 'Installed by' },
  installedOn: { zh: '安装日期', en: 'Installed on' },
  warrantyUntil: { zh: '保修截止', en: 'Warranty until' },
  notes: { zh: '备注', en: 'Notes' },
} as const satisfies Record<string, Required<LocalText>>
export type HandField = keyof typeof handFields
export const handFieldNames = Object.keys(handFields) as HandField[]

/** What only the inventory says. */
export const inventoryFields = {
  title: { zh: '名称', en: 'Name' },
  category: { zh: '类别', en: 'Category' },
  profile: { zh: '设备档案', en: 'Profile' },
  profileVersion: { zh: '档案版本', en: 'Profile version' },
  variant: { zh: '档案变体', en: 'Profile variant' },
  runtime: { zh: '运行环境', en: 'Runtime' },
  location: { zh: '位置（文字）', en: 'Location in words' },
  place: { zh: '空间', en: 'Place' },
} as const satisfies Record<string, Required<LocalText>>
export type InventoryField = keyof typeof inventoryFields
export const inventoryFieldNames = Object.keys(inventoryFields) as InventoryField[]

/** What the history of a thing may be about. */
export const changeFields = {
  registered: { zh: '登记', en: 'Registered' },
  removed: { zh: '移除', en: 'Removed' },
  returned: { zh: '恢复', en: 'Returned' },
  ...inventoryFields,
  ...sharedFields,
  ...handFields,
} as const satisfies Record<string, Required<LocalText>>
export type ChangeField = keyof typeof changeFields
export const changeFieldNames = Object.keys(changeFields) as ChangeField[]

/** Who says so: the gateway in its birth or its catalogue, the organisation tree, cloud.yaml, a person, or what was there before the register. */
export const changeSources = {
  birth: { zh: '网关上线报文', en: 'Birth of the gateway' },
  catalogue: { zh: '网关设备清单', en: 'Catalogue of the gateway' },
  tree: { zh: '空间', en: 'Spaces' },
  configuration: { zh: '云端配置', en: 'Configuration of the cloud' },
  person: { zh: '人工填写', en: 'By hand' },
} as const satisfies Record<string, Required<LocalText>>
export type ChangeSource = keyof typeof changeSources
export const changeSourceNames = Object.keys(changeSources) as ChangeSource[]

/**
 * The code on the label: ten characters without those that people mix up (I, L, O, U). It is drawn once, says nothing about the
 * thing and stays with it.
 */
export const assetCodePattern = '^[0-9A-HJKMNP-TV-Z]{10}$'
