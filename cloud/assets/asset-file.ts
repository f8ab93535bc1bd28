import type { Asset } from '#contract/api/assets.ts'
import {
  assetKinds,
  handFieldNames,
  handFields,
  inventoryFields,
  sharedFieldNames,
  sharedFields,
} from '#contract/assets.ts'
import type { LocalText } from '#contract/text.ts'
import { type CsvCell, csvFile } from '#lib/csv.ts'

export type FileLanguage = 'zh' | 'en'
type Words = Required<LocalText>
type Column = { readonly title: Words; readonly cell: (asset: Asset, language: FileLanguage) => CsvCell }

const columns: readonly Column[] = [
  { title: { zh: '编码', en: 'Code' }, cell: ({ id }) => id },
  { title: { zh: '种类', en: 'Kind' }, cell: ({ kind }, language) => assetKinds[kind][language] },
  { title: { zh: '编号', en: 'Id' }, cell: ({ gateway, device }) => device ?? gateway },
  { title: inventoryFields.title, cell: ({ title }, language) => wordsIn(title, language) },
  { title: inventoryFields.category, cell: ({ category }) => category },
  {
    title: inventoryFields.place,
    cell: ({ where }, language) => where.map((name) => wordsIn(name, language)).join(' / '),
  },
  {
    title: inventoryFields.location,
    cell: ({ location }, language) => location && wordsIn(location, language),
  },
  ...sharedFieldNames.map((field) => ({ title: sharedFields[field], cell: (asset: Asset) => asset[field] })),
  { title: inventoryFields.profile, cell: ({ profile }) => profile },
  { title: inventoryFields.profileVersion, cell: ({ profileVersion }) => profileVersion },
  { title: inventoryFields.runtime, cell: ({ runtime }) => runtime },
  ...handFieldNames.map((field) => ({
    title: handFields[field],
    cell: ({ byHand }: Asset) => byHand[field],
  })),
  {
    title: { zh: '与人工填写不符', en: 'Contradicts what was written' },
    cell: ({ contradictions }, language) =>
      contradictions
        .map(({ field, reported, byHand }) => `${sharedFields[field][language]}: ${reported} ≠ ${byHand}`)
        .join('; '),
  },
  { title: { zh: '登记时间', en: 'Registered at' }, cell: ({ registeredAt }) => registeredAt },
  { title: { zh: '更新时间', en: 'Updated at' }, cell: ({ updatedAt }) => updatedAt },
  { title: { zh: '移除时间', en: 'Removed at' }, cell: ({ removedAt }) => removedAt },
]

/** The register as a file for a spreadsheet, a page at a time. */
export function assetFile(
  pages: AsyncIterable<readonly Asset[]>,
  language: FileLanguage,
): AsyncGenerator<string> {
  return csvFile(
    columns.map(({ title }) => title[language]),
    rowsOf(pages, language),
  )
}

async function* rowsOf(pages: AsyncIterable<readonly Asset[]>, language: FileLanguage) {
  for await (const page of pages) yield page.map((asset) => columns.map(({ cell }) => cell(asset, language)))
}

/** In the language of the file, else in the other one. */
export function wordsIn({ zh, en }: LocalText, language: FileLanguage): string {
  return (language === 'zh' ? (zh ?? en) : (en ?? zh)) ?? ''
}
