/** The streams as they are numbered in the file. */
export const streamCodes = { events: 1, telemetry: 2 } as const

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
]
