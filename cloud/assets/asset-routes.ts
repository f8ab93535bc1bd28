import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Thing } from '#cloud/access/access.ts'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { instant } from '#cloud/http/instants.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import type { Database } from '#cloud/state/database.ts'
import {
  Asset,
  AssetChangeList,
  AssetChangesQuery,
  AssetCode,
  AssetExportQuery,
  AssetLabelList,
  AssetLabelsQuery,
  AssetList,
  AssetPatch,
  AssetsQuery,
} from '#contract/api/assets.ts'
import { closed } from '#contract/api/common.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { assetFile } from './asset-file.ts'
import { AssetRepository, type AssetSearch, type StoredAsset } from './asset-repository.ts'
import { assetView, changeView, labelView } from './asset-view.ts'
import { patchAsset } from './patch-asset.ts'
import { type PlaceNames, placeNames } from './place-names.ts'

export type AssetRouteOptions = { readonly db: Database; readonly clock: Clock }

const tags = ['assets']
/** Where it stands only its row tells. */
const about = 'handler'
const AssetPath = Type.Object({ id: AssetCode }, closed)
const file = { schema: Type.Unsafe<Readable>({ type: 'string' }) }
const exportPage = 1_000
const keyOfRow = ({ gateway, device }: StoredAsset) => [gateway, device] as const

/** The register of what the school owns: gateways, devices and cameras. */
export function assetRoutes(api: App, { db, clock }: AssetRouteOptions): void {
  const assets = new AssetRepository(db)

  /** The row, when the caller may see it. */
  async function find(id: string, access: FastifyRequest['access']): Promise<StoredAsset> {
    const row = await assets.byId(id)
    if (row === undefined || !access.can('view', thingOf(row)))
      throw new AppError('NOT_FOUND', `there is no asset ${id}`)
    return row
  }

  async function named<T>(
    rows: readonly StoredAsset[],
    view: (row: StoredAsset, names: PlaceNames) => T,
  ): Promise<T[]> {
    const names = await placeNames(
      db,
      rows.map(({ place }) => place),
    )
    return rows.map((row) => view(row, names(row.place)))
  }

  async function* pages(search: Omit<AssetSearch, 'after' | 'limit'>): AsyncGenerator<Asset[]> {
    for (let after: AssetSearch['after']; ; ) {
      const rows = await assets.search({ ...search, after, limit: exportPage })
      yield await named(rows, assetView)
      const last = rows.at(-1)
      if (rows.length < exportPage || last === undefined) return
      after = keyOfRow(last)
    }
  }

  api.get(
    '/assets',
    {
      schema: {
        operationId: 'listAssets',
        summary: 'Gateways, devices and cameras with maker, model, serial number, firmware and address',
        ...{ tags, querystring: AssetsQuery, response: answers(AssetList) },
      },
    },
    async ({ query: { limit = 100, cursor, ...filter }, access }) => {
      const after = keyOf(cursor, 'string', 'string')
      const rows = await assets.search({ ...filter, after, limit: limit + 1, nodes: access.nodes('view') })
      const page = pageOf(rows, limit, { key: keyOfRow, item: (row) => row })
      return { ...page, items: await named(page.items, assetView) }
    },
  )

  api.get(
    '/assets/labels',
    {
      schema: {
        operationId: 'listAssetLabels',
        summary: 'What stands on the labels of these things; the console prints them with their QR codes',
        ...{ tags, querystring: AssetLabelsQuery, response: answers(AssetLabelList) },
      },
    },
    async ({ query: { limit = 100, cursor, id: ids, ...filter }, access }) => {
      const after = keyOf(cursor, 'string', 'string')
      const search = { ...filter, ids, after, limit: limit + 1, nodes: access.nodes('view') }
      const page = pageOf(await assets.search(search), limit, { key: keyOfRow, item: (row) => row })
      return { ...page, items: await named(page.items, labelView) }
    },
  )

  api.get(
    '/assets/export',
    {
      schema: {
        operationId: 'exportAssets',
        summary: 'The register as a CSV file for a spreadsheet, with headings in Chinese or English',
        ...{ tags, querystring: AssetExportQuery },
        response: { 200: { description: 'The file', content: { 'text/csv': file } }, ...errorAnswers },
      },
    },
    async ({ query: { format: _, language = 'zh', ...filter }, access }, reply) => {
      const search = { ...filter, nodes: access.nodes('view') }
      return reply
        .type('text/csv; charset=utf-8')
        .header(
          'content-disposition',
          `attachment; filename="assets-${instant(clock.now()).slice(0, 10)}.csv"`,
        )
        .send(Readable.from(assetFile(pages(search), language)))
    },
  )

  api.get(
    '/assets/:id',
    {
      config: { about },
      schema: {
        operationId: 'getAsset',
        summary: 'One thing of the register, by the code on its label',
        ...{ tags, params: AssetPath, response: answers(Asset) },
      },
    },
    async ({ params: { id }, access }) => one(await find(id, access)),
  )

  api.patch(
    '/assets/:id',
    {
      config: { needs: 'devices.manage', about, audit: 'asset.updated' },
      schema: {
        operationId: 'updateAsset',
        summary: 'Write down what the thing does not say of itself',
        description:
          'What it reports counts all the same; where the two differ, `contradictions` shows both.',
        ...{ tags, params: AssetPath, body: AssetPatch, response: answers(Asset) },
      },
    },
    async (request) => {
      const { params, body, access, audit } = request
      const row = await find(params.id, access)
      access.require('devices.manage', thingOf(row))
      const { user } = requireCaller(request)
      const person = user.displayName || user.username
      await patchAsset(db, params.id, body, { person, now: clock.now(), audit })
      return one(await find(params.id, access))
    },
  )

  api.get(
    '/assets/:id/changes',
    {
      config: { about },
      schema: {
        operationId: 'listAssetChanges',
        summary: 'What changed of one thing, when, and who said so; newest first',
        ...{ tags, params: AssetPath, querystring: AssetChangesQuery, response: answers(AssetChangeList) },
      },
    },
    async ({ params: { id }, query: { limit = 100, cursor }, access }) => {
      await find(id, access)
      const [before] = keyOf(cursor, 'number') ?? []
      const rows = await assets.changes(id, { before, limit: limit + 1 })
      return pageOf(rows, limit, { key: ({ seq }) => [seq], item: changeView })
    },
  )

  async function one(row: StoredAsset): Promise<Asset> {
    const names = await placeNames(db, [row.place])
    return assetView(row, names(row.place))
  }
}

function thingOf({ gateway, device }: StoredAsset): Thing {
  return device === '' ? { gateway } : { gateway, device }
}
