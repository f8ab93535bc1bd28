import { instant } from '#cloud/http/instants.ts'
import type { DangerRow } from '#cloud/state/tables.ts'
import type { Person } from '#contract/api/dangers.ts'
import type { DangerCategory, DangerGrade, DangerState } from '#contract/dangers.ts'
import { formatCsv } from '#lib/csv.ts'

export type FileLanguage = 'zh' | 'en'

const headings: Readonly<Record<FileLanguage, readonly string[]>> = {
  zh: [
    '编号',
    '位置',
    '隐患',
    '说明',
    '类别',
    '等级',
    '状态',
    '发现时间',
    '发现人',
    '责任人',
    '整改期限',
    '整改人',
    '销号时间',
  ],
  en: [
    'id',
    'place',
    'danger',
    'description',
    'category',
    'grade',
    'state',
    'found',
    'found by',
    'assigned to',
    'due',
    'mended by',
    'closed',
  ],
}

export const gradeNames: Readonly<Record<DangerGrade, string>> = { general: '一般隐患', major: '重大隐患' }
export const stateNames: Readonly<Record<DangerState, string>> = {
  found: '待定级',
  graded: '待下达',
  assigned: '整改中',
  fixed: '待复查',
  rechecked: '待销号',
  closed: '已销号',
}
export const categoryNames: Readonly<Record<DangerCategory, string>> = {
  fire: '消防',
  buildings: '校舍',
  food: '食品',
  laboratory: '实验室与实训',
  traffic: '校车与交通',
  electricity: '用电',
  gas: '燃气',
  equipment: '设施设备',
  other: '其他',
}

/** The list as a file for a spreadsheet. `placeName` says where a place is. Pure. */
export function dangerFile(
  rows: readonly DangerRow[],
  language: FileLanguage,
  placeName: (node: string) => string,
): string {
  const zh = language === 'zh'
  return formatCsv([
    headings[language],
    ...rows.map((row) => [
      row.id,
      placeName(row.node),
      row.title,
      row.description,
      zh ? categoryNames[row.category as DangerCategory] : row.category,
      row.grade === null ? '' : zh ? gradeNames[row.grade as DangerGrade] : row.grade,
      zh ? stateNames[row.state as DangerState] : row.state,
      instant(row.found_at),
      nameOf(row.found_by_json),
      nameOf(row.assignee_json),
      row.due ?? '',
      nameOf(row.fixed_by_json),
      row.closed_at === null ? '' : instant(row.closed_at),
    ]),
  ])
}

function nameOf(json: string | null): string {
  return json === null ? '' : (JSON.parse(json) as Person).displayName
}
