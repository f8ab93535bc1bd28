import { Gauge, type Registry } from 'prom-client'
import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { GatewayRepository } from './gateway-repository.ts'
import { owedSince, readAccounts, type StreamAccount } from './stream-accounts.ts'

export type LedgerCheckOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly registry: Registry
}

/** Between the end of a round and the next. */
const everyMs = 60_000
/** Between two gateways: ingest has the database in between. */
const pauseMs = 10
const page = 100

type Totals = {
  unbalanced: number
  owedSamples: number
  owingGateways: number
  /** Infinite: nothing is owed. */
  owedSince: number
}

/**
 * Checks for every gateway that produced = received + dropped + owed, over and over, one gateway at a time; `account.ts`
 * says what can be wrong. Reads only. What does not balance is in the metrics, and in the log once when it is found and
 * once when it is gone. Disposing stops it after the gateway in hand.
 */
export function keepLedgerChecked(options: LedgerCheckOptions): AsyncDisposable {
  const { db, clock, log, registry } = options
  const stop = new AbortController()
  const gauges = createGauges(registry)
  let known = new Set<string>()
  const loop = run()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await round()
      } catch (err) {
        log.error({ err }, 'ledger not checked, next try in a minute')
      }
      await clock.sleep(everyMs, stop.signal)
    }
  }

  async function round(): Promise<void> {
    const startedAt = clock.monotonic()
    const totals: Totals = {
      unbalanced: 0,
      owedSamples: 0,
      owingGateways: 0,
      owedSince: Number.POSITIVE_INFINITY,
    }
    const found = new Set<string>()
    for await (const gateway of gatewayIds(db)) {
      const accounts = await readAccounts(db, gateway, { from: 0, to: Number.MAX_SAFE_INTEGER })
      addTo(totals, accounts)
      for (const one of accounts) report(gateway, one, found)
      await clock.sleep(pauseMs, stop.signal)
      if (stop.signal.aborted) return // a round that was not finished says nothing
    }
    for (const key of known) if (!found.has(key)) log.info({ account: key }, 'ledger balances again')
    known = found
    show(totals, startedAt)
  }

  function report(gateway: string, { stream: row, account }: StreamAccount, found: Set<string>): void {
    const { stream, epoch } = row
    const { imbalances } = account
    if (imbalances.length === 0) return
    const key = `${gateway}/${stream}/${epoch}`
    found.add(key)
    if (known.has(key)) return
    const { produced_samples, received_samples, uncertain_samples, produced_seq, counted_seq } = row
    const figures = { produced_samples, received_samples, uncertain_samples, produced_seq, counted_seq }
    log.error({ gateway, stream, epoch, imbalances, ...figures }, 'ledger does not balance')
  }

  function show({ unbalanced, owedSamples, owingGateways, owedSince }: Totals, startedAt: number): void {
    const now = clock.now()
    gauges.unbalanced.set(unbalanced)
    gauges.owedSamples.set(owedSamples)
    gauges.owingGateways.set(owingGateways)
    gauges.oldestOwed.set(Number.isFinite(owedSince) ? Math.max(0, now - owedSince) / 1000 : 0)
    gauges.checkedAt.set(now / 1000)
    gauges.tookSeconds.set((clock.monotonic() - startedAt) / 1000)
  }

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await loop
    },
  }
}

async function* gatewayIds(db: Database): AsyncGenerator<string> {
  const gateways = new GatewayRepository(db)
  let after: string | undefined
  for (;;) {
    const rows = await gateways.list({ limit: page, after })
    for (const { id } of rows) yield id
    after = rows.at(-1)?.id
    if (rows.length < page) return
  }
}

function addTo(totals: Totals, accounts: readonly StreamAccount[]): void {
  let isOwing = false
  for (const one of accounts) {
    const { owed, owedSamples, imbalances } = one.account
    if (imbalances.length > 0) totals.unbalanced++
    const [first] = owed
    if (first === undefined) continue
    isOwing = true
    totals.owedSamples += owedSamples
    totals.owedSince = Math.min(totals.owedSince, owedSince(one, first[0]))
  }
  if (isOwing) totals.owingGateways++
}

/** Gateways are no labels: a fleet must not grow the page without bound. The ledger's page says which one. */
function createGauges(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `campus_ledger_${name}`, help, registers: [registry] })
  return {
    unbalanced: gauge('unbalanced_streams', 'Streams whose produced is not received + dropped + owed'),
    owedSamples: gauge(
      'owed_samples',
      'Samples that gateways have produced and not delivered, of all gateways',
    ),
    owingGateways: gauge('owing_gateways', 'Gateways that owe something'),
    oldestOwed: gauge('oldest_owed_age_seconds', 'For how long the longest-owed batch has been owed'),
    checkedAt: gauge(
      'last_check_timestamp_seconds',
      'When the last round of checks was finished; 0: not yet',
    ),
    tookSeconds: gauge('check_duration_seconds', 'How long that round took, pauses included'),
  }
}
