import { expect, test } from 'vitest'
import { testApi } from '../../tests/support/test-api.ts'
import { treeRoutes } from './tree-routes.ts'

const gateways = [
  { id: 'school-a', title: { en: 'A' } },
  { id: 'school-b', title: { en: 'B' } },
]

test('a tree of the configuration, parents first; a gateway on no campus is a campus of its own', async () => {
  const campus = { id: 'campus-a', title: { zh: '本部' }, schoolCode: '3101000001', gateways: ['school-a'] }
  const bureau = { id: 'lingang', title: { zh: '教育局' } }
  await using api = await testApi({
    api: (scope) => treeRoutes(scope, { bureau, campuses: [campus] }, gateways),
  })
  expect(await api.get('/api/v1/tree')).toMatchObject({
    status: 200,
    body: {
      nodes: [
        { ...bureau, kind: 'bureau', gateways: [] },
        { ...campus, kind: 'campus', parent: 'lingang' },
        { id: 'school-b', title: { en: 'B' }, kind: 'campus', parent: 'lingang', gateways: ['school-b'] },
      ],
    },
  })
  expect((await api.get('/api/v1/tree', {})).status).toBe(401)
})

test('without any organisation there is nothing but gateways', async () => {
  await using api = await testApi({ api: (scope) => treeRoutes(scope, { campuses: [] }, []) })
  expect((await api.get('/api/v1/tree')).body).toEqual({ nodes: [] })
})
