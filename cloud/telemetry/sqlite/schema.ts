/**
 * Samples lie in time slots of 15 minutes, and inside a slot by series. A group of new samples therefore touches the
 * few pages of the newest slot instead of one page per series: measured on a campus mix, 3 to 5 times less CPU and 5 to
 * 13 times fewer bytes written than a key of (series, t), at the price of one index seek per slot when reading.
 */
export const slotMs = 900_000

/** `user_version` counts these. Forward only. */
export const migrations: readonly string[] = [
  `CREATE TABLE series (
     id INTEGER PRIMARY KEY,
     point TEXT NOT NULL UNIQUE,
     newest_slot INTEGER NOT NULL
   );
   CREATE TABLE samples (
     slot INTEGER NOT NULL,
     series INTEGER NOT NULL,
     at INTEGER NOT NULL,
     value REAL,
     kind INTEGER NOT NULL,
     PRIMARY KEY (slot, series, at)
   ) WITHOUT ROWID;`,
]

export function slotOf(t: number): number {
  return Math.floor(t / slotMs)
}
