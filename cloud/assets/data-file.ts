import type { DataPoint, DerivedFigure } from '#contract/api/data-catalogue.ts'
import { dataClasses, retentionClasses, sourceStates } from '#contract/data-classes.ts'
import type { LocalText } from '#contract/text.ts'
import { type CsvCell, csvFile } from '#lib/csv.ts'
import { type FileLanguage, wordsIn } from './asset-file.ts'

/** A point, or a figure that the cloud makes itself: both have a row. */
type Row = { readonly point?: DataPoint; readonly figure?: DerivedFigure }
type Column = {
  readonly title: Required<LocalText>
  readonly cell: (row: Row, language: FileLanguage) => CsvCell
}

const cloud: Required<LocalText> = { zh: '云端计算', en: 'Made by the cloud' }
const either = ({ point, figure }: Row) => point ?? figure

const columns: readonly Column[] = [
  { title: { zh: '编号', en: 'Id' }, cell: (row) => either(row)?.id },
  { title: { zh: '名称', en: 'Name' }, cell: (row, language) => wordsIn(either(row)?.title ?? {}, language) },
  { title: { zh: '种类', en: 'Kind' }, cell: ({ point }) => point?.kind },
  { title: { zh: '物理量', en: 'Quantity' }, cell: ({ point }) => point?.quantity },
  { title: { zh: '单位（UCUM）', en: 'Unit (UCUM)' }, cell: (row) => either(row)?.unit.ucum },
  {
    title: { zh: '单位名称', en: 'Name of the unit' },
    cell: (row, language) => wordsIn(either(row)?.unit.name ?? {}, language),
  },
  {
    title: { zh: '来源', en: 'Source' },
    cell: ({ point, figure }, language) =>
      point?.source.device ?? `${cloud[language]}: ${wordsIn(figure?.madeOf ?? {}, language)}`,
  },
  {
    title: { zh: '来源设备', en: 'Device' },
    cell: ({ point }, language) => point && wordsIn(point.source.title, language),
  },
  { title: { zh: '设备类别', en: 'Category' }, cell: ({ point }) => point?.source.category },
  { title: { zh: '设备档案', en: 'Profile' }, cell: ({ point }) => point?.source.profile },
  { title: { zh: '地址', en: 'Address' }, cell: ({ point, figure }) => point?.source.address ?? figure?.api },
  {
    title: { zh: '空间', en: 'Place' },
    cell: ({ point }, language) => point?.where.map((name) => wordsIn(name, language)).join(' / '),
  },
  { title: { zh: '责任单位编号', en: 'Owner (id)' }, cell: ({ point }) => point?.owner?.node },
  {
    title: { zh: '责任单位', en: 'Owner' },
    cell: ({ point }, language) => wordsIn(point?.owner?.title ?? {}, language),
  },
  {
    title: { zh: '数据分级', en: 'Class' },
    cell: (row, language) => dataClasses[either(row)?.dataClass ?? 'internal'][language],
  },
  { title: { zh: '分级依据', en: 'Class by' }, cell: ({ point }) => point?.classBy },
  {
    title: { zh: '留存类别', en: 'Retention' },
    cell: (row, language) => retentionClasses[either(row)?.retention.class ?? 'computed'][language],
  },
  { title: { zh: '留存时间', en: 'Kept for' }, cell: (row) => either(row)?.retention.keep },
  {
    title: { zh: '一数一源', en: 'One source' },
    cell: ({ point }, language) => sourceStates[point?.sourceState ?? 'only'][language],
  },
  {
    title: { zh: '同一数据的其他来源', en: 'Others that say the same' },
    cell: ({ point }) => point?.rivals.join(' '),
  },
]

/** The data catalogue as a file for a spreadsheet: points a page at a time, then the figures. */
export function dataFile(
  pages: AsyncIterable<readonly DataPoint[]>,
  figures: readonly DerivedFigure[],
  language: FileLanguage,
): AsyncGenerator<string> {
  return csvFile(
    columns.map(({ title }) => title[language]),
    rowsOf(pages, figures, language),
  )
}

async function* rowsOf(
  pages: AsyncIterable<readonly DataPoint[]>,
  figures: readonly DerivedFigure[],
  language: FileLanguage,
) {
  const cells = (row: Row): CsvCell[] => columns.map(({ cell }) => cell(row, language))
  for await (const page of pages) yield page.map((point) => cells({ point }))
  yield figures.map((figure) => cells({ figure }))
}
