import { workerData } from 'node:worker_threads'
import type { Bucket, TimeRange } from '#cloud/telemetry/telemetry-store.ts'
import { openSqlite, type Sqlite } from '#lib/sqlite.ts'
import { serveWorker, Transferring } from '#lib/worker-rpc.ts'
import { buffersOf, type Packed } from './packed.ts'
import { SampleReader } from './sample-reader.ts'

/** Thread of the read connection of the telemetry file. */
export type ReaderMethods = {
  latest: (points: readonly string[]) => Transferring<{ points: string[]; samples: Packed }>
  range: (query: Query & { readonly limit: number }) => Transferring<Packed[]>
  buckets: (query: Query & { readonly bucket: Bucket }) => Transferring<Packed[]>
  count: (slots: readonly number[] | undefined) => { slots: Map<number, number>; series: number }
}
type Query = { readonly points: readonly string[]; readonly range: TimeRange }

const { path } = workerData as { path: string }
let opened: { readonly db: Sqlite; readonly reader: SampleReader } | undefined

function reader(): SampleReader {
  if (opened === undefined) {
    const db = openSqlite({ path, readOnly: true, pragmas: { cache_size: -32_768 } })
    opened = { db, reader: new SampleReader(db) }
  }
  return opened.reader
}

function moving(packed: Packed[]): Transferring<Packed[]> {
  return new Transferring(packed, buffersOf(packed))
}

serveWorker<ReaderMethods>(
  {
    latest: (points) => {
      const found = reader().latest(points)
      return new Transferring(found, buffersOf([found.samples]))
    },
    range: ({ points, range, limit }) => moving(reader().range(points, range, limit)),
    buckets: ({ points, range, bucket }) => moving(reader().buckets(points, range, bucket)),
    count: (slots) => ({ slots: reader().count(slots), series: reader().seriesCount() }),
  },
  () => opened?.db.close(),
)
