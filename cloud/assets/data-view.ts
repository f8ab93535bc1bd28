import { optional } from '#cloud/http/instants.ts'
import type { DataPoint } from '#contract/api/data-catalogue.ts'
import { pointKind } from '#contract/point-vocabulary.ts'
import type { LocalText } from '#contract/text.ts'
import { type ClassRules, classOf } from './class-rules.ts'
import type { StoredPoint } from './data-repository.ts'
import { type Keeping, retentionOf, unitView } from './derived-figures.ts'
import type { PlaceNames } from './place-names.ts'
import { onlySource, type Standing } from './sources.ts'

export type DataContext = {
  readonly rules: ClassRules
  readonly keeping: Keeping
  readonly namesOf: (place: string | null) => PlaceNames
  readonly standings: ReadonlyMap<string, Standing>
}

export function pointIdOf({ gateway, device, id }: Pick<StoredPoint, 'gateway' | 'device' | 'id'>): string {
  return `${gateway}/${device}/${id}`
}

/** One row with everything that the catalogue says of it. Pure. */
export function dataPointView(row: StoredPoint, context: DataContext): DataPoint {
  const { rules, keeping, namesOf, standings } = context
  const id = pointIdOf(row)
  const place = namesOf(row.place)
  return {
    id,
    title: localText(row.title_zh, row.title_en),
    kind: row.kind as DataPoint['kind'],
    unit: unitOf(row.unit),
    ...optional('quantity', vocabularyRow(row.id)),
    source: {
      gateway: row.gateway,
      device: `${row.gateway}/${row.device}`,
      title: localText(row.device_zh, row.device_en),
      ...{ category: row.category, profile: row.profile },
      ...optional('profileVersion', row.profile_version),
      ...optional('address', row.address),
    },
    ...optional('place', row.place),
    where: [...place.names],
    ...ownerOf(row, place, namesOf),
    ...classOf({ own: row.data_class, quantity: row.quantity, category: row.category }, rules),
    retention: retentionOf('telemetry', keeping),
    ...copied(standings.get(id) ?? onlySource),
  }
}

function copied({ sourceState, rivals }: Standing): Pick<DataPoint, 'sourceState' | 'rivals'> {
  return { sourceState, rivals: [...rivals] }
}

/** A vendor's own points are in no row. */
const vocabularyRow = remembered((point: string): string | undefined => {
  const row = pointKind(point)?.row
  return row === 'x' ? undefined : row
})
const unitOf = remembered(unitView)

/** A school has some hundred kinds of points and a hundred thousand of them. */
function remembered<T>(work: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return (key) => {
    const found = known.get(key)
    if (found !== undefined) return found
    if (known.size >= 5_000) known.clear()
    const made = work(key)
    known.set(key, made)
    return made
  }
}

/** Who was chosen, as long as that place is there; else the campus where it stands. */
function ownerOf(
  { owner }: StoredPoint,
  { campus, names }: PlaceNames,
  namesOf: DataContext['namesOf'],
): Pick<DataPoint, 'owner'> {
  const chosen = owner === null ? undefined : namesOf(owner).names.at(-1)
  if (owner !== null && chosen !== undefined) return { owner: { node: owner, title: chosen, chosen: true } }
  // The first name of the way is that of the campus.
  return campus === undefined ? {} : { owner: { node: campus, title: names[0] ?? {}, chosen: false } }
}

function localText(zh: string | null, en: string | null): LocalText {
  return { ...optional('zh', zh), ...optional('en', en) }
}
