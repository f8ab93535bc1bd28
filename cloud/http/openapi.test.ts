import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type ApiDocument, type Operation, operationsOf } from '../../tests/support/api-document.ts'
import { startTwoSchools, type TwoSchools } from '../../tests/support/two-schools.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const started = new AsyncDisposableStack()
let schools: TwoSchools
let text = ''
let operations: Operation[] = []

beforeAll(async () => {
  schools = started.use(await startTwoSchools())
  const document = await schools.admin.call<ApiDocument>('/api/v1/openapi.json')
  text = JSON.stringify(document)
  operations = operationsOf(document)
})
afterAll(() => started.disposeAsync())

test('the document passes a linter with its recommended rules', async () => {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      // Where this cloud runs is not known to it, and its licence is that of the whole.
      'no-empty-servers': 'off',
      'info-license': 'off',
    },
  })
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config })
  const lines = problems.map(
    ({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer} ${message}`,
  )
  expect(lines).toEqual([])
})

test('every operation says what it is called, what it does and how it refuses', () => {
  const wrong = operations.flatMap(({ name, operationId, summary, tags, responses, isPublic }) => {
    const missing = [
      ...(operationId === undefined ? ['operationId'] : []),
      ...(summary === undefined ? ['summary'] : []),
      ...(tags === undefined ? ['tags'] : []),
      ...(Object.keys(responses).some((status) => status.startsWith('2') || status.startsWith('3'))
        ? []
        : ['2xx']),
      ...(isPublic || responses['401'] !== undefined ? [] : ['401']),
    ]
    return missing.length === 0 ? [] : [`${name} lacks ${missing.join()}`]
  })
  expect(wrong).toEqual([])
})
