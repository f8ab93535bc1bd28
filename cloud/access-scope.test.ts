import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DeviceRepository } from '#cloud/devices/device-repository.ts'
import { GatewayRepository } from '#cloud/gateways/gateway-repository.ts'
import type { OrgNode } from '#cloud/organisation/organisation.ts'
import { OrganisationRepository } from '#cloud/organisation/organisation-repository.ts'
import { openDatabase } from '#cloud/state/database.ts'
import { roles } from '#contract/permissions.ts'
import { createLogger } from '#lib/logger.ts'
import { seedDevice, seedInventory } from '../tests/support/test-api.ts'
import { Access } from './access/access.ts'
import { Places } from './access/places.ts'

const names = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']
const gateways = ['g0', 'g1', 'g2']
const devices = gateways.flatMap((gateway) => ['d0', 'd1'].map((id) => ({ gateway, id })))

/** Each place hangs on an earlier one or on nothing; gateways and devices stand somewhere or nowhere. */
const trees = fc.record({
  parents: fc.tuple(
    ...names.map((_, index) => fc.option(fc.nat(Math.max(0, index - 1)), { nil: undefined })),
  ),
  gateways: fc.tuple(...gateways.map(() => fc.option(fc.constantFrom(...names), { nil: undefined }))),
  devices: fc.tuple(...devices.map(() => fc.option(fc.constantFrom(...names), { nil: undefined }))),
})
const grants = fc.array(
  fc.record(
    { role: fc.constantFrom(...roles), node: fc.constantFrom(...names, 'gone') },
    { requiredKeys: ['role'] },
  ),
  { maxLength: 3 },
)

function organisationOf(tree: typeof trees extends fc.Arbitrary<infer T> ? T : never) {
  const nodes = names.map((id, index): OrgNode => {
    const parent = tree.parents[index]
    const above = parent === undefined || parent >= index ? {} : { parent: `n${parent}` }
    return { id, kind: 'room', title: { en: id }, ...above }
  })
  const standing = <T>(
    things: readonly T[],
    at: readonly (string | undefined)[],
    keyOf: (thing: T) => string,
  ) =>
    new Map(
      things.flatMap((thing, index): [string, string][] => {
        const place = at[index]
        return place === undefined ? [] : [[keyOf(thing), place]]
      }),
    )
  return {
    nodes,
    gateways: standing(gateways, tree.gateways, (id) => id),
    devices: standing(devices, tree.devices, ({ gateway, id }) => `${gateway}/${id}`),
  }
}

test('queries and questions agree on who sees what, whatever the tree was and is', async () => {
  await using stack = new AsyncDisposableStack()
  const db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  stack.defer(() => db.destroy())
  for (const gateway of gateways) {
    await seedInventory(db, gateway)
    await db.deleteFrom('points').where('gateway', '=', gateway).execute()
    await db.deleteFrom('devices').where('gateway', '=', gateway).execute()
  }
  for (const { gateway, id } of devices) await seedDevice(db, gateway, id)
  const places = await Places.load(db)
  const repository = new OrganisationRepository(db)
  await fc.assert(
    fc.asyncProperty(trees, grants, async (tree, granted) => {
      await repository.save(await repository.load(), organisationOf(tree))
      await places.reload()
      const access = new Access(granted, places)
      const nodes = access.nodes('view')
      const foundGateways = await new GatewayRepository(db).list({ limit: 99, nodes })
      const sees = (thing: { gateway: string; device?: string }) => access.can('view', thing)
      expect(foundGateways.map(({ id }) => id)).toEqual(gateways.filter((gateway) => sees({ gateway })))
      const inventory = new DeviceRepository(db)
      const foundDevices = await inventory.search({ limit: 99, nodes })
      const expected = devices.filter(({ gateway, id }) => sees({ gateway, device: id }))
      expect(foundDevices.map(({ gateway, id }) => ({ gateway, id }))).toEqual(expected)
      const points = await inventory.points({ limit: 99, nodes })
      expect([...new Set(points.map(({ gateway, device }) => `${gateway}/${device}`))]).toEqual(
        expected.map(({ gateway, id }) => `${gateway}/${id}`),
      )
    }),
    { numRuns: 150 },
  )
}, 60_000)
