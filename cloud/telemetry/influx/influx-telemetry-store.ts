import type {
  Bucket,
  GatewaySamples,
  Latest,
  Series,
  StoredSample,
  TelemetryStore,
  TimeRange,
} from '#cloud/telemetry/telemetry-store.ts'
import { qualityOf, qualityReason } from '#contract/quality.ts'
import type { Logger } from '#lib/logger.ts'
import { InfluxServer, type InfluxServerOptions, type ResultSeries } from './influx-server.ts'
import { bucketsQuery, countQuery, deleteQuery, latestQuery, rangeQuery } from './influxql.ts'
import { linesOf, readValue } from './lines.ts'

export type InfluxTelemetryOptions = InfluxServerOptions & { readonly log: Logger }

/** A request of this many lines is some 400 KB: far below what any version refuses, and one commit of the server. */
const linesPerWrite = 5_000

/** Points of one statement; their names are in it. */
const pointsPerQuery = 200

/**
 * Telemetry in InfluxDB: 1.8, 2.x or 3.x, and 1.6 as Debian has it. The server need not be there yet: until it is, nothing
 * is acknowledged and the gateways keep their samples.
 */
export function openInfluxTelemetryStore({ log, ...server }: InfluxTelemetryOptions): TelemetryStore {
  return new InfluxTelemetryStore(new InfluxServer(server), log)
}

class InfluxTelemetryStore implements TelemetryStore {
  readonly #server: InfluxServer
  readonly #log: Logger

  constructor(server: InfluxServer, log: Logger) {
    this.#server = server
    this.#log = log
  }

  async append(batches: readonly GatewaySamples[]): Promise<void> {
    const { lines, outOfTime } = linesOf(batches)
    if (outOfTime > 0) {
      const gateways = batches.map(({ gateway }) => gateway)
      this.#log.warn({ samples: outOfTime, gateways }, 'samples before 1677 or after 2262 not stored')
    }
    // One after the other: the last sample of a point and a time is the one that stays.
    for (let from = 0; from < lines.length; from += linesPerWrite) {
      await this.#server.write(lines.slice(from, from + linesPerWrite))
    }
  }

  async latest(points: readonly string[]): Promise<readonly Latest[]> {
    const found = await this.#byPoint(points, latestQuery)
    return points.flatMap((point) => {
      const row = found.get(point)?.values[0]
      return row === undefined ? [] : [latestOf(point, row)]
    })
  }

  async range(points: readonly string[], range: TimeRange, limit: number): Promise<readonly Series[]> {
    const found = await this.#byPoint(points, (some) => rangeQuery(some, range, limit))
    return points.map((point) => ({ point, samples: (found.get(point)?.values ?? []).map(sampleOf) }))
  }

  async buckets(points: readonly string[], range: TimeRange, bucket: Bucket): Promise<readonly Series[]> {
    const found = await this.#byPoint(points, (some) => bucketsQuery(some, range, bucket))
    const sampleIn = ([t, value]: readonly unknown[]): StoredSample => [t as number, value as number, 'good']
    return points.map((point) => ({ point, samples: (found.get(point)?.values ?? []).map(sampleIn) }))
  }

  async prune(before: number): Promise<number> {
    const counted = await this.#server.query(countQuery(before))
    if (counted.length > 0) await this.#server.query(deleteQuery(before))
    return sumOf(counted)
  }

  /** Counts every sample: for a look now and then. */
  async stats(): Promise<{ series: number; samples: number }> {
    const counted = await this.#server.query(countQuery())
    return { series: counted.length, samples: sumOf(counted) }
  }

  async #byPoint(
    points: readonly string[],
    statement: (points: readonly string[]) => string,
  ): Promise<Map<string, ResultSeries>> {
    const found = new Map<string, ResultSeries>()
    for (let from = 0; from < points.length; from += pointsPerQuery) {
      const series = await this.#server.query(statement(points.slice(from, from + pointsPerQuery)))
      for (const one of series) found.set(one.tags?.id ?? '', one)
    }
    return found
  }

  /** Nothing is held open between two requests. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

function sampleOf([t, value, text, type, quality]: readonly unknown[]): StoredSample {
  return [t as number, readValue(type, value, text), qualityOf(quality as number)]
}

function latestOf(point: string, row: readonly unknown[]): Latest {
  const [t, value, quality] = sampleOf(row)
  const reason = qualityReason(row[4] as number)
  return { point, t, value, quality, ...(reason === undefined ? {} : { reason }) }
}

function sumOf(counted: readonly ResultSeries[]): number {
  return counted.reduce((sum, { values }) => sum + Number(values[0]?.[1] ?? 0), 0)
}
