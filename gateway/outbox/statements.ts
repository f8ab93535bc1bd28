import type { Sqlite } from '#lib/sqlite.ts'

const range = 'stream = ? AND epoch = ? AND seq BETWEEN ? AND ?'
const sums = 'count(*) AS batches, ifnull(sum(samples), 0) AS samples, ifnull(sum(bytes), 0) AS bytes'

/** Every statement of the outbox file, prepared once. */
export function prepareStatements(db: Sqlite) {
  return {
    // A retry after a commit whose outcome was unknown meets its own rows: the number is the identity.
    insert: db.prepare(
      `INSERT OR IGNORE INTO batches
         (stream, epoch, seq, created_at, first_t, last_t, samples, bytes, payload, crc)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    sumRange: db.prepare(`SELECT ${sums} FROM batches WHERE ${range}`),
    // Reads the index and no payload.
    sumStreams: db.prepare(`SELECT stream, epoch, ${sums} FROM batches GROUP BY stream, epoch`),
    waiting: db.prepare('SELECT stream, epoch, waiting, waiting_samples AS samples FROM streams'),
    moveWaiting: db.prepare(
      `UPDATE streams SET waiting = waiting + ?, waiting_samples = waiting_samples + ?,
         first_waiting = ifnull((SELECT min(b.seq) FROM batches AS b
           WHERE b.stream = streams.stream AND b.epoch = streams.epoch), last_seq + 1)
       WHERE stream = ? AND epoch = ?`,
    ),
    deleteRange: db.prepare(`DELETE FROM batches WHERE ${range}`),
    oldest: db.prepare(
      `SELECT epoch, seq, samples, bytes, first_t AS firstT, last_t AS lastT
       FROM batches WHERE stream = ? ORDER BY epoch, seq LIMIT ?`,
    ),
    rows: db.prepare(
      `SELECT epoch, seq, samples, payload, crc FROM batches
       WHERE stream = ? AND (epoch, seq) > (?, ?) AND (epoch, seq) <= (?, ?)
       ORDER BY epoch, seq`,
    ),
    produced: db.prepare(
      `INSERT INTO streams (stream, epoch, started_at, last_seq, samples) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (stream, epoch) DO UPDATE SET
         last_seq = max(last_seq, excluded.last_seq), samples = max(samples, excluded.samples)`,
    ),
    allProduced: db.prepare(
      `SELECT stream, epoch, last_seq AS lastSeq, samples FROM streams ORDER BY epoch, stream`,
    ),
    pruneStreams: db.prepare(
      `DELETE FROM streams WHERE epoch NOT IN (SELECT DISTINCT epoch FROM streams ORDER BY epoch DESC LIMIT ?)
         AND NOT EXISTS (SELECT 1 FROM batches AS b WHERE b.stream = streams.stream AND b.epoch = streams.epoch)`,
    ),
    lastEpoch: db.prepare(
      `SELECT max(ifnull((SELECT max(epoch) FROM streams), 0),
                  ifnull((SELECT max(epoch) FROM batches WHERE stream = 1), 0),
                  ifnull((SELECT max(epoch) FROM batches WHERE stream = 2), 0)) AS last`,
    ),
    recordDrop: db.prepare(
      `INSERT OR REPLACE INTO drops (stream, epoch, first_seq, last_seq, samples, reason, at, from_t, to_t)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    forgetDrop: db.prepare('DELETE FROM drops WHERE stream = ? AND epoch = ? AND first_seq = ?'),
    drops: db.prepare(
      `SELECT stream, epoch, first_seq AS firstSeq, last_seq AS lastSeq, samples, reason, at,
         from_t AS "from", to_t AS "to"
       FROM drops ORDER BY epoch, stream, first_seq`,
    ),
  }
}
