import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  type ApiDocument,
  type Filled,
  type Operation,
  operationsOf,
  send,
} from '../../tests/support/api-document.ts'
import { type Schema, valuesOf } from '../../tests/support/from-schema.ts'
import { school, startTwoSchools } from '../../tests/support/two-schools.ts'

vi.setConfig({ testTimeout: 300_000 })

const requests = 10_000
const slowMs = 10_000
const a = school('a')
const known = [a.campus, a.room, a.gateway, a.device, a.deviceId, a.point, 'nobody']
/** Ends the session that asks, or takes from all other routes the gateways that they need. */
const leftOut = ['signOut', 'revokeGateway']

/** Texts that programs have stumbled over. */
const nasty = fc.constantFrom<unknown>(
  ...[
    '',
    ' ',
    '\u0000',
    '../../etc/passwd',
    '%00',
    '\ud800',
    '𠮷'.repeat(300),
    'x'.repeat(5_000),
    "'; drop table users; --",
  ],
  ...[null, true, -1, 0, 1e308, -1e308, 2 ** 53, 0.1, [], {}, [[]], { __proto__: 1 }],
  ...['1970-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-30', 'NaN', 'Infinity', '１２３'],
)

/** As the schema says, or with something wrong in one place. */
function nearly(schema: Schema): fc.Arbitrary<unknown> {
  const valid = valuesOf(schema)
  return fc.oneof(
    { weight: 6, arbitrary: valid },
    {
      weight: 2,
      arbitrary: fc.tuple(valid, nasty, fc.nat(20)).map(([value, bad, at]) => withWrong(value, bad, at)),
    },
    { weight: 1, arbitrary: nasty },
  )
}

/** Puts `bad` in place of one of the fields, or adds a field that nobody knows. */
function withWrong(value: unknown, bad: unknown, at: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad
  const names = [...Object.keys(value), 'unheardOf']
  const name = names[at % names.length] ?? 'unheardOf'
  return { ...value, [name]: bad }
}

function fillings({ path, parameters = [], requestBody }: Operation): fc.Arbitrary<Filled> {
  const thing = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: nasty })
  const params = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const { schema = {} } = parameters.find((one) => one.name === name) ?? {}
    return [name, fc.oneof(thing, valuesOf(schema)).filter((value) => value !== '')] as const
  })
  const query = parameters
    .filter((one) => one.in === 'query')
    .map(
      ({ name, schema }) =>
        [name, name === 'wait' ? fc.constant(0) : fc.oneof(nearly(schema), thing)] as const,
    )
  const contents = Object.entries(requestBody?.content ?? {})
  const bodies = contents.map(([type, { schema }]) =>
    type === 'application/json'
      ? nearly(schema).map((content) => ({ type, content }))
      : fc.oneof(fc.string(), nasty.map(String)).map((content) => ({ type, content })),
  )
  return fc.record({
    params: fc.record(Object.fromEntries(params)),
    query: fc.record(Object.fromEntries(query), { requiredKeys: [] }),
    body:
      bodies.length === 0
        ? fc.constant(undefined)
        : fc.option(fc.oneof(...bodies), { nil: undefined, freq: 20 }),
  })
}

test(`${requests} requests from the document, right and wrong: none of them breaks anything`, async () => {
  await using schools = await startTwoSchools()
  const { admin, cloud } = schools
  const operations = operationsOf(await admin.call<ApiDocument>('/api/v1/openapi.json'))
    .filter(({ operationId = '' }) => !leftOut.includes(operationId))
    // Last: whatever asks one of the gateways that it adds is told, rightly, that it is away (503).
    .sort((x, y) => Number(x.operationId === 'addGateway') - Number(y.operationId === 'addGateway'))
  const seed = Number(process.env.CAMPUS_TEST_SEED ?? Date.now() % 2 ** 31)
  const each = Math.ceil(requests / operations.length)
  const statuses = new Map<number, number>()
  const broken: string[] = []
  for (const operation of operations) {
    for (const filled of fc.sample(fillings(operation), { seed, numRuns: each })) {
      const began = performance.now()
      const answer = await send(cloud.origin, operation, filled, admin.token)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const problem = problemOf(answer, performance.now() - began)
      if (problem !== undefined)
        broken.push(
          `${operation.name} ${problem}: ${JSON.stringify(filled).slice(0, 400)} ${answer.text.slice(0, 300)}`,
        )
    }
  }
  const facts = `seed ${seed}, ${operations.length} routes, answers ${JSON.stringify([...statuses].sort())}`
  expect(broken.slice(0, 20), facts).toEqual([])
  // Most of it must have been understood, or nothing was tried.
  expect(statuses.get(200) ?? 0, facts).toBeGreaterThan(requests / 10)
  // Others were added, and are not there.
  expect((await admin.gateways()).filter(({ connected }) => connected)).toHaveLength(2)
})

function problemOf({ status, text }: { status: number; text: string }, tookMs: number): string | undefined {
  if (status >= 500) return `${status}`
  if (tookMs > slowMs) return `took ${Math.round(tookMs)} ms`
  if (status < 400) return undefined
  const { code, message } = asJson(text) as { code?: unknown; message?: unknown }
  return typeof code === 'string' && typeof message === 'string'
    ? undefined
    : 'a refusal without code and message'
}

function asJson(text: string): object {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
