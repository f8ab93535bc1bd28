import { expect, test } from 'vitest'
import type { Asset } from '#contract/api/assets.ts'
import { changedFields, isReported } from './asset-values.ts'

const asset: Asset = {
  ...{ id: '7K3M9QXAB2', kind: 'device', gateway: 'g', device: 'g/d', title: {}, where: [] },
  ...{ maker: 'Acme', model: 'X', serial: '7', byHand: { model: 'Y', serial: '7', notes: 'old' } },
  contradictions: [{ field: 'model', reported: 'X', byHand: 'Y' }],
  ...{ registeredAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
}

test('only what was changed is sent, and what was emptied is taken away', () => {
  expect(changedFields(asset, asset.byHand)).toBeUndefined()
  expect(changedFields(asset, { ...asset.byHand, serial: ' 8 ', notes: ' ' })).toEqual({
    serial: '8',
    notes: null,
  })
})

test('what the thing says itself is told beside the field; what a person wrote is not', () => {
  const reported = (['maker', 'model', 'serial', 'firmware', 'notes'] as const).filter((field) =>
    isReported(asset, field),
  )
  expect(reported).toEqual(['maker', 'model'])
})
