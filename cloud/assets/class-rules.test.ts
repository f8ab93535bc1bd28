import fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '#cloud/state/database.ts'
import { dataClassNames, defaultDataClasses } from '#contract/data-classes.ts'
import { createLogger } from '#lib/logger.ts'
import { classExpression, classOf } from './class-rules.ts'
import { type Claim, standings } from './sources.ts'

const defaults = new Map(Object.entries(defaultDataClasses))

test.each([
  [{ own: 'public', quantity: 'person.id', category: 'access' }, 'public', 'point'],
  [{ own: null, quantity: 'person.id', category: 'access' }, 'personal', 'quantity:person.id'],
  [{ own: null, quantity: 'access.denied', category: 'access' }, 'sensitive', 'category:access'],
  [{ own: null, quantity: 'temperature', category: 'sensor.env' }, 'internal', '*'],
] as const)('%o is %s by %s', (point, dataClass, classBy) => {
  expect(classOf(point, defaults)).toEqual({ dataClass, classBy })
})

const dataClass = fc.constantFrom(...dataClassNames)
const word = fc.constantFrom('a', 'b', 'c')
const rules = fc
  .tuple(
    dataClass,
    fc.dictionary(
      fc.tuple(fc.constantFrom('quantity', 'category'), word).map((parts) => parts.join(':')),
      dataClass,
    ),
  )
  .map(([any, some]) => new Map(Object.entries({ '*': any, ...some })))

test('a query classes as the function does', async () => {
  await using db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  const property = fc.asyncProperty(
    fc.record({ own: fc.option(dataClass), quantity: fc.option(word), category: word }),
    rules,
    async (point, chosen) => {
      const columns = {
        own: sql<string | null>`cast(${point.own} as text)`,
        quantity: sql<string | null>`cast(${point.quantity} as text)`,
        category: sql<string>`${point.category}`,
      }
      const { rows } = await sql<{
        found: string
      }>`select ${classExpression(columns, chosen)} as found`.execute(db)
      expect(rows[0]?.found).toBe(classOf(point, chosen).dataClass)
    },
  )
  await fc.assert(property, { numRuns: 60 })
})

const claims = fc
  .uniqueArray(
    fc.record({
      point: fc.nat({ max: 20 }).map(String),
      room: word,
      quantity: word,
      isPrimary: fc.boolean(),
    }),
    { selector: ({ point }) => point, maxLength: 12 },
  )
  .map((all): Claim[] => all)

test('one datum has one source: exactly one primary, or nobody else, or a conflict that all of them show', () => {
  fc.assert(
    fc.property(claims, (all) => {
      const found = standings(all)
      expect(found.size).toBe(all.length)
      for (const group of Map.groupBy(all, ({ room, quantity }) => `${room} ${quantity}`).values()) {
        const states = group.map(({ point }) => found.get(point)?.sourceState)
        const primaries = group.filter(({ isPrimary }) => isPrimary).length
        if (group.length === 1) expect(states).toEqual(['only'])
        else if (primaries === 1) expect(states.filter((state) => state !== 'secondary')).toEqual(['primary'])
        else expect(new Set(states)).toEqual(new Set(['conflict']))
        for (const { point } of group)
          expect(found.get(point)?.rivals.toSorted()).toEqual(
            group.flatMap((other) => (other.point === point ? [] : [other.point])).toSorted(),
          )
      }
    }),
  )
})
