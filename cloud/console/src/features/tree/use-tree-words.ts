import { useTranslation } from 'react-i18next'
import type { TreeProblem } from '#contract/api/tree.ts'
import { type RoomType, roomTypes, type Stage, stages } from '#contract/organisation.ts'
import { partsOf, provinces, schoolCategories, wrongParts } from '#contract/school-code.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { zhCn } from '../../i18n/zh-cn.ts'

export type TreeWords = {
  readonly field: (field: string) => string
  readonly roomType: (type: RoomType) => string
  readonly stages: (list: readonly Stage[]) => string
  readonly schoolCode: (code: string) => string
  /** A value of a field, in words. */
  readonly value: (field: string, value: unknown) => string
  readonly problem: (problem: TreeProblem) => string
}

/** The tree's own words in the reader's language. */
export function useTreeWords(): TreeWords {
  const { t } = useTranslation()
  const language = useLanguage()
  const has = (group: object, key: string): boolean => Object.hasOwn(group, key)
  const field = (name: string): string =>
    has(zhCn.tree.field, name) ? t(`tree.field.${name as keyof typeof zhCn.tree.field}`) : name
  const kind = (name: string): string =>
    has(zhCn.tree.kind, name) ? t(`tree.kind.${name as keyof typeof zhCn.tree.kind}`) : t('tree.top')
  const roomType = (type: string): string =>
    has(roomTypes, type) ? localText(roomTypes[type as RoomType], language, type) : type
  const stagesText = (list: readonly string[]): string =>
    list
      .map((one) => (has(stages, one) ? localText(stages[one as Stage], language, one) : one))
      .join(language === 'en' ? ', ' : '、')

  function value(name: string, it: unknown): string {
    if (it === undefined) return t('tree.none')
    if (name === 'kind') return kind(String(it))
    if (name === 'roomType') return roomType(String(it))
    if (name === 'stages' && Array.isArray(it)) return stagesText(it)
    if (Array.isArray(it)) return it.join(' ')
    if (isOutline(it)) return t('tree.outline', { shape: t(`tree.shape.${it.type}`), vertices: it.vertices })
    return String(it)
  }

  function problem({ code, field: name = '', params }: TreeProblem): string {
    const expected = has(zhCn.tree.expects, name)
      ? t(`tree.expects.${name as keyof typeof zhCn.tree.expects}`)
      : ''
    // The types want the values of all problems at once; each text takes its own.
    return t(`tree.problem.${code}` as 'tree.problem.title-missing', {
      expected,
      ...params,
      field: name,
      fieldName: field(name),
      kindName: kind(String(params.kind)),
      parentKindName: kind(String(params.parentKind)),
      roomTypeName: roomType(String(params.roomType)),
    })
  }

  function schoolCode(code: string): string {
    if (wrongParts(code).length > 0) return code
    const { category, province, serial } = partsOf(code)
    return t('tree.codeText', {
      category: localText(schoolCategories[category], language, category),
      province: localText(provinces[province], language, province),
      serial,
    })
  }

  return { field, roomType, stages: stagesText, schoolCode, value, problem }
}

function isOutline(value: unknown): value is { type: 'Polygon' | 'MultiPolygon'; vertices: number } {
  return typeof value === 'object' && value !== null && 'vertices' in value
}
