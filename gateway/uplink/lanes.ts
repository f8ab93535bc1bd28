/** In the order in which they are served. The names are those of the topics. */
export const lanes = ['events', 'live', 'backfill'] as const
export type Lane = (typeof lanes)[number]
