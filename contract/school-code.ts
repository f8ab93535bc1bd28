import type { LocalText } from './text.ts'

/**
 * 学校（机构）标识码: 10 digits, category 2 + province 2 + serial 6, without a check digit. It stays with the school, so the
 * campuses of one school share it. Rules and lists from public digests of the coding rules, not from the original.
 */
export const schoolCategories: Readonly<Record<string, Required<LocalText>>> = {
  '11': { zh: '幼儿园', en: 'Kindergarten' },
  '21': { zh: '小学', en: 'Primary school' },
  '22': { zh: '成人小学', en: 'Adult primary school' },
  '31': { zh: '初级中学', en: 'Junior secondary school' },
  '32': { zh: '职业初中', en: 'Vocational junior school' },
  '33': { zh: '成人初中', en: 'Adult junior school' },
  '34': { zh: '高级中学（含完全中学）', en: 'Senior secondary school' },
  '35': { zh: '成人高中', en: 'Adult senior school' },
  '36': { zh: '中等职业学校', en: 'Secondary vocational school' },
  '37': { zh: '工读学校', en: 'Reform school' },
  '41': { zh: '普通高等学校', en: 'Higher education institution' },
  '42': { zh: '成人高等学校', en: 'Adult higher education institution' },
  '51': { zh: '特殊教育学校', en: 'Special education school' },
  '91': { zh: '培养研究生的科研机构', en: 'Research institute with postgraduates' },
  '92': { zh: '民办的其他高等教育机构', en: 'Other private higher education' },
  '93': { zh: '职业技术培训机构', en: 'Vocational training institution' },
}

/** The first two digits of GB/T 2260. */
export const provinces: Readonly<Record<string, Required<LocalText>>> = {
  '11': { zh: '北京', en: 'Beijing' },
  '12': { zh: '天津', en: 'Tianjin' },
  '13': { zh: '河北', en: 'Hebei' },
  '14': { zh: '山西', en: 'Shanxi' },
  '15': { zh: '内蒙古', en: 'Inner Mongolia' },
  '21': { zh: '辽宁', en: 'Liaoning' },
  '22': { zh: '吉林', en: 'Jilin' },
  '23': { zh: '黑龙江', en: 'Heilongjiang' },
  '31': { zh: '上海', en: 'Shanghai' },
  '32': { zh: '江苏', en: 'Jiangsu' },
  '33': { zh: '浙江', en: 'Zhejiang' },
  '34': { zh: '安徽', en: 'Anhui' },
  '35': { zh: '福建', en: 'Fujian' },
  '36': { zh: '江西', en: 'Jiangxi' },
  '37': { zh: '山东', en: 'Shandong' },
  '41': { zh: '河南', en: 'Henan' },
  '42': { zh: '湖北', en: 'Hubei' },
  '43': { zh: '湖南', en: 'Hunan' },
  '44': { zh: '广东', en: 'Guangdong' },
  '45': { zh: '广西', en: 'Guangxi' },
  '46': { zh: '海南', en: 'Hainan' },
  '50': { zh: '重庆', en: 'Chongqing' },
  '51': { zh: '四川', en: 'Sichuan' },
  '52': { zh: '贵州', en: 'Guizhou' },
  '53': { zh: '云南', en: 'Yunnan' },
  '54': { zh: '西藏', en: 'Tibet' },
  '61': { zh: '陕西', en: 'Shaanxi' },
  '62': { zh: '甘肃', en: 'Gansu' },
  '63': { zh: '青海', en: 'Qinghai' },
  '64': { zh: '宁夏', en: 'Ningxia' },
  '65': { zh: '新疆', en: 'Xinjiang' },
  '71': { zh: '台湾', en: 'Taiwan' },
  '81': { zh: '香港', en: 'Hong Kong' },
  '82': { zh: '澳门', en: 'Macao' },
}

/** Their serial is 0 and the five digits that the institution had before. */
const higherEducation = new Set(['41', '42'])

export type SchoolCodePart = 'digits' | 'category' | 'province' | 'serial'
export type WrongPart = { readonly part: SchoolCodePart; readonly found: string }

/** Every wrong part of a code; empty when it is one. Pure. */
export function wrongParts(code: string): WrongPart[] {
  if (!/^\d{10}$/.test(code)) return [{ part: 'digits', found: code }]
  const { category, province, serial } = partsOf(code)
  return [
    ...(category in schoolCategories ? [] : [{ part: 'category' as const, found: category }]),
    ...(province in provinces ? [] : [{ part: 'province' as const, found: province }]),
    ...(higherEducation.has(category) && !serial.startsWith('0')
      ? [{ part: 'serial' as const, found: serial }]
      : []),
  ]
}

/** `3131000001` is category 31, province 31, serial 000001. */
export function partsOf(code: string): {
  readonly category: string
  readonly province: string
  readonly serial: string
} {
  return { category: code.slice(0, 2), province: code.slice(2, 4), serial: code.slice(4) }
}
