import type { Database } from '#cloud/state/database.ts'
import type { Birth } from '#contract/gateway-state.ts'
import { readAccounts, type StreamAccount } from './stream-accounts.ts'

/** The schema's limit of a birth's list: a longer one was cut, and is silent about the oldest epochs. */
const maxListed = 1_000

/**
 * A gateway that starts tells what it knows of earlier runs. What the cloud heard of beyond that is not on its disk any
 * more and will never come: the disk was replaced or set back, or the power failed between sending and storing. It is
 * booked as dropped, so that the account is closed and the gap explained; where it does come after all, received wins.
 * Called once for each run, before anything of it is booked. Returns how many ranges were closed.
 */
export async function bookForgotten(
  db: Database,
  gateway: string,
  birth: Pick<Birth, 'startedAt' | 'produced'>,
  now: number,
): Promise<number> {
  // Epochs begin at full seconds: those of the run itself are not before this.
  const to = Math.floor(birth.startedAt / 1000) * 1000
  const accounts = await readAccounts(db, gateway, { from: 0, to })
  const rows = accounts.flatMap((account) => forgottenIn(account, birth)).map((row) => ({ ...row, at: now }))
  for (const row of rows) {
    await db
      .insertInto('dropped_ranges')
      .values({ ...row, gateway, reason: 'forgotten' })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  return rows.length
}

function forgottenIn({ stream: row, account }: StreamAccount, { produced }: Pick<Birth, 'produced'>) {
  const oldest = produced.length < maxListed ? 0 : Math.min(...produced.map(({ epoch }) => epoch))
  if (row.epoch < oldest) return []
  const listed = produced.find(({ stream, epoch }) => stream === row.stream && epoch === row.epoch)
  const kept = listed?.lastSeq ?? 0
  const gone = account.owed.flatMap(([first, last]) =>
    last <= kept ? [] : [[Math.max(first, kept + 1), last]],
  )
  const { stream, epoch } = row
  // How many samples is known only where nothing else is owed and one range is gone.
  const samples = account.owed.length === 1 && account.owed[0]?.[0] === gone[0]?.[0] ? account.owedSamples : 0
  return gone.map(([first_seq = 0, last_seq = 0]) => ({ stream, epoch, first_seq, last_seq, samples }))
}
