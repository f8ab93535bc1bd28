import { type Expression, sql } from 'kysely'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DataClassRule } from '#contract/api/data-catalogue.ts'
import { type DataClass, defaultDataClasses } from '#contract/data-classes.ts'

/** Rule → class, the defaults with what people changed. `*` is always among them. */
export type ClassRules = ReadonlyMap<string, DataClass>

/** What decides the class of one point: the point itself, what it measures, its device's category, or `*`. */
export type Classed = { readonly dataClass: DataClass; readonly classBy: string }

export async function classRules(db: Database): Promise<ClassRules> {
  const changed = await db.selectFrom('data_class_rules').select(['id', 'data_class']).execute()
  return new Map([
    ...Object.entries(defaultDataClasses),
    ...changed.map(({ id, data_class }) => [id, data_class as DataClass] as const),
  ])
}

/** By id, `*` first. Pure. */
export function rulesView(rules: ClassRules): DataClassRule[] {
  return [...rules]
    .map(([id, dataClass]) => ({
      ...{ id, dataClass },
      ...(defaultDataClasses[id] === undefined ? {} : { byDefault: defaultDataClasses[id] }),
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

/** `null` goes back to the default. With the audit row. */
export async function putRule(
  db: Database,
  id: string,
  dataClass: DataClass | null,
  audit: ChangeAudit,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const before = (await classRules(transaction)).get(id) ?? null
    await transaction.deleteFrom('data_class_rules').where('id', '=', id).execute()
    if (dataClass !== null)
      await transaction.insertInto('data_class_rules').values({ id, data_class: dataClass }).execute()
    audit.note({ target: id, before: { dataClass: before }, after: { dataClass } })
    await audit.write(transaction)
  })
}

export type ToClass = {
  readonly own: string | null
  readonly quantity: string | null
  readonly category: string
}

/** The nearest rule decides. Pure. */
export function classOf({ own, quantity, category }: ToClass, rules: ClassRules): Classed {
  if (own !== null) return { dataClass: own as DataClass, classBy: 'point' }
  for (const rule of [`quantity:${quantity}`, `category:${category}`]) {
    const dataClass = rules.get(rule)
    if (dataClass !== undefined) return { dataClass, classBy: rule }
  }
  return { dataClass: rules.get('*') ?? 'internal', classBy: '*' }
}

/** The same as an expression for a query; a test holds the two to each other. */
export function classExpression(
  { own, quantity, category }: { readonly [K in keyof ToClass]: Expression<string | null> },
  rules: ClassRules,
): Expression<string> {
  const branches = [...rules].flatMap(([rule, dataClass]) => {
    const [subject = '', value = ''] = rule.split(':', 2)
    if (rule === '*') return []
    const column = subject === 'quantity' ? quantity : category
    return [{ subject, branch: sql`when ${column} = ${value} then ${dataClass}` }]
  })
  // What it measures is nearer than what kind of device it hangs on.
  const ordered = branches.toSorted((a, b) => (a.subject < b.subject ? 1 : a.subject > b.subject ? -1 : 0))
  const any = rules.get('*') ?? 'internal'
  if (ordered.length === 0) return sql<string>`coalesce(${own}, ${any})`
  return sql<string>`coalesce(${own}, case ${sql.join(
    ordered.map(({ branch }) => branch),
    sql` `,
  )} else ${any} end)`
}
