/** `--verify-audit` of `main.ts`: what it says and how it ends. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AuditLog } from '#cloud/audit/audit-log.ts'
import type { Link } from '#cloud/audit/chain.ts'
import { openDatabase, stateFile } from '#cloud/state/database.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { CloudSettings } from './load-cloud-config.ts'

/** `head` is one that was kept elsewhere: `SEQ:HASH`. */
export async function verifyAudit({ config }: CloudSettings, head: string | undefined): Promise<void> {
  const path = join(config.data, stateFile)
  const kept = head === undefined ? undefined : linkOf(head)
  if (head !== undefined && kept === undefined) return end(2, `${head} is not of the form SEQ:HASH`)
  if (!existsSync(path)) return end(1, `${path} is not there: nothing was verified`)
  await using db = await openDatabase({ path, log: createLogger({ level: 'warn' }) })
  const report = await new AuditLog({ db, clock: systemClock, hash: config.audit.hash }).verify(kept)
  const last = report.head === undefined ? 'none' : `${report.head.seq}:${report.head.hash}`
  if (report.broken !== undefined) {
    const { seq, kind, message } = report.broken
    return end(1, `the audit log is broken at row ${seq} (${kind}): ${message}\nlast good row: ${last}`)
  }
  process.stdout.write(`the audit log is unbroken: ${report.rows} rows\nhead: ${last}\n`)
}

function linkOf(text: string): Link | undefined {
  const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? []
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash }
}

function end(status: number, message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = status
}
