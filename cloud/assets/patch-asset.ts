import { badRequest } from '#cloud/http/bad-request.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { AssetPatch } from '#contract/api/assets.ts'
import type { FieldProblem } from '#contract/api/common.ts'
import { AppError } from '#contract/errors.ts'
import { type ByHand, contradictionsOf, type FieldChange, type Reported, settled } from './asset-facts.ts'
import { lastNumbers } from './asset-register.ts'

export type Patcher = { readonly person: string; readonly now: number; readonly audit: ChangeAudit }

/** Writes what a person says of a thing, with its history and the audit row. What is the same already is no change. */
export async function patchAsset(
  db: Database,
  id: string,
  patch: AssetPatch,
  { person, now, audit }: Patcher,
): Promise<void> {
  const problems = problemsOf(patch)
  if (problems.length > 0) throw badRequest(problems)
  await db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('assets')
      .select(['gateway', 'device', 'reported_json', 'hand_json'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined) throw new AppError('NOT_FOUND', `there is no asset ${id}`)
    const before = JSON.parse(row.hand_json) as ByHand
    const { byHand, changes } = patched(before, patch)
    audit.note({ target: thing(row), before: only(before, patch), after: patch })
    if (changes.length > 0) {
      const reported = JSON.parse(row.reported_json) as Reported
      await transaction
        .updateTable('assets')
        .set({
          ...settled(reported, byHand),
          hand_json: JSON.stringify(byHand),
          hand_text: Object.values(byHand).join('\n'),
          contradicts: Number(contradictionsOf(reported, byHand).length > 0),
          updated_at: now,
        })
        .where('id', '=', id)
        .execute()
      const last = (await lastNumbers(transaction, [id])).get(id) ?? 0
      const rows = changes.map((change, index) => ({
        ...{ ...change, asset: id, seq: last + index + 1, at: now },
        ...{ source: 'person', person },
      }))
      await transaction.insertInto('asset_changes').values(rows).execute()
    }
    await audit.write(transaction)
  })
}

/** What people wrote after this, and what of it is new. Pure. */
export function patched(before: ByHand, patch: AssetPatch): { byHand: ByHand; changes: FieldChange[] } {
  const byHand: Record<string, string> = { ...before }
  const changes: FieldChange[] = []
  for (const [name, value] of Object.entries(patch)) {
    const field = name as keyof AssetPatch
    const [was, is] = [before[field] ?? null, value?.trim() || null]
    if (was === is) continue
    if (is === null) delete byHand[field]
    else byHand[field] = is
    changes.push({ field, before: was, after: is })
  }
  return { byHand, changes }
}

/** Days that are written like days and are none, such as 30 February. Pure. */
export function problemsOf(patch: AssetPatch): FieldProblem[] {
  return (['installedOn', 'warrantyUntil'] as const).flatMap((field) => {
    const day = patch[field]
    if (day === undefined || day === null || isDay(day)) return []
    return [{ path: `body/${field}`, message: 'is not a day of the calendar' }]
  })
}

function isDay(text: string): boolean {
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

function only(before: ByHand, patch: AssetPatch): ByHand {
  return Object.fromEntries(
    Object.keys(patch).flatMap((name) => {
      const value = before[name as keyof ByHand]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function thing({ gateway, device }: { readonly gateway: string; readonly device: string }): string {
  return device === '' ? gateway : `${gateway}/${device}`
}
