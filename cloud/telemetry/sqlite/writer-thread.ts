import { workerData } from 'node:worker_threads'
import type { GatewaySamples } from '#cloud/telemetry/telemetry-store.ts'
import { migrateSqlite, openSqlite, type Sqlite } from '#lib/sqlite.ts'
import { serveWorker } from '#lib/worker-rpc.ts'
import { SamplePruner } from './sample-pruner.ts'
import { SampleWriter } from './sample-writer.ts'
import { migrations } from './schema.ts'

export type WriterOptions = { path: string; busyTimeoutMs?: number; maxPages?: number }

/** Thread of the only write connection of the telemetry file. */
export type WriterMethods = {
  open: () => void
  append: (batches: readonly GatewaySamples[]) => number[]
  prune: (slice: { before: number; limit: number }) => ReturnType<SamplePruner['prune']>
}

type Open = { readonly db: Sqlite; readonly writer: SampleWriter; readonly pruner: SamplePruner }

const { path, busyTimeoutMs, maxPages } = workerData as WriterOptions
let opened: Open | undefined

function open(): Open {
  if (opened !== undefined) return opened
  const db = openSqlite({
    path,
    ...(busyTimeoutMs === undefined ? {} : { busyTimeoutMs }),
    // A WAL of 16 MB before it is copied into the file: pages of the newest slot are copied once, not at every commit.
    pragmas: {
      wal_autocheckpoint: 4000,
      journal_size_limit: 64 * 1024 * 1024,
      cache_size: -32_768,
      ...(maxPages === undefined ? {} : { max_page_count: maxPages }),
    },
  })
  migrateSqlite(db, migrations)
  opened = { db, writer: new SampleWriter(db), pruner: new SamplePruner(db) }
  return opened
}

serveWorker<WriterMethods>(
  {
    open: () => void open(),
    append: (batches) => open().writer.append(batches),
    prune: ({ before, limit }) => open().pruner.prune(before, limit),
  },
  () => opened?.db.close(),
)
