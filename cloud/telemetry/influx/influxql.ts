import type { Bucket, TimeRange } from '#cloud/telemetry/telemetry-store.ts'
import { good } from '#contract/quality.ts'
import { valueTypes } from '#contract/sample.ts'
import { measurement } from './lines.ts'

/** The statements of the store, in the part of InfluxQL that 1.x, 2.x and 3.x share. Pure. */
const columns = 'value, text, "type", quality'

/** Good numbers and booleans are the only ones that count in a bucket. */
const counts = `quality = ${good} AND ("type" = ${valueTypes.number} OR "type" = ${valueTypes.boolean})`

export function latestQuery(points: readonly string[]): string {
  return `SELECT ${columns} FROM ${measurement} WHERE ${anyOf(points)} GROUP BY id ORDER BY time DESC LIMIT 1`
}

export function rangeQuery(points: readonly string[], range: TimeRange, limit: number): string {
  return `SELECT ${columns} FROM ${measurement} WHERE ${anyOf(points)} AND ${within(range)} GROUP BY id ORDER BY time ASC LIMIT ${limit}`
}

export function bucketsQuery(points: readonly string[], range: TimeRange, bucket: Bucket): string {
  const { bucketMs, aggregate } = bucket
  return `SELECT ${aggregate}(value) FROM ${measurement} WHERE ${anyOf(points)} AND ${within(range)} AND ${counts} GROUP BY time(${bucketMs}ms), id fill(none)`
}

/** Every sample has a type, so counting types counts samples. */
export function countQuery(before?: number): string {
  const where = before === undefined ? '' : ` WHERE time < ${before}ms`
  return `SELECT count("type") FROM ${measurement}${where} GROUP BY id`
}

export function deleteQuery(before: number): string {
  return `DELETE FROM ${measurement} WHERE time < ${before}ms`
}

export function createDatabaseQuery(database: string): string {
  return `CREATE DATABASE "${database.replaceAll(/["\\]/g, '\\$&')}"`
}

function anyOf(points: readonly string[]): string {
  return `(${points.map((point) => `id = '${point.replaceAll(/['\\]/g, '\\$&')}'`).join(' OR ')})`
}

function within({ from, to }: TimeRange): string {
  return `time >= ${Math.ceil(from)}ms AND time < ${Math.ceil(to)}ms`
}
