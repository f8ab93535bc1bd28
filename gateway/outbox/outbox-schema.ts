import type { Stream } from '#contract/delivery.ts'

/** The streams as they are numbered in the file. */
export const streamCodes = { events: 1, telemetry: 2 } as const

/** Undefined for a number that no stream has: the file is damaged. */
export function streamNamed(code: unknown): Stream | undefined {
  return (['events', 'telemetry'] as const).find((stream) => streamCodes[stream] === code)
}

/** Makes the account of every stream what its batches say. */
export const countWaiting = `
  UPDATE streams SET
    (waiting, waiting_samples, first_waiting) = (
      SELECT count(*), ifnull(sum(b.samples), 0), ifnull(min(b.seq), streams.last_seq + 1)
      FROM batches AS b WHERE b.stream = streams.stream AND b.epoch = streams.epoch
    );
`

/** Migration n leads from version n to n + 1. Never edited once released; add another. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE streams (
    stream INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (stream, epoch)
  ) WITHOUT ROWID;

  -- The key carries the sums, too: counting a large backlog at start reads the index and no payload.
  CREATE TABLE batches (
    stream INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    first_t REAL NOT NULL,
    last_t REAL NOT NULL,
    samples INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (stream, epoch, seq, samples, bytes)
  );

  -- Dropped, but the event that says so is not yet stored: written and cleared in the same transactions.
  CREATE TABLE drops (
    stream INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    from_t REAL,
    to_t REAL,
    PRIMARY KEY (stream, epoch, first_seq)
  ) WITHOUT ROWID;
  `,
  `
  -- CRC-32 of an event's text. A telemetry message carries its own.
  ALTER TABLE batches ADD COLUMN crc INTEGER;

  -- What of the stream is neither confirmed nor dropped, kept apart from the batches themselves: where the two differ, the file
  -- is damaged. Everything before \`first_waiting\` has left.
  ALTER TABLE streams ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE streams ADD COLUMN waiting_samples INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE streams ADD COLUMN first_waiting INTEGER NOT NULL DEFAULT 1;
  ${countWaiting}
  `,
]
