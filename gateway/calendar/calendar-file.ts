/** `<data>/calendar.json`: the school calendar that the cloud gave last. */
import { readFile } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { Check } from 'typebox/schema'
import { CalendarMessage } from '#contract/calendar.ts'
import { writeAtomically } from '#lib/write-atomically.ts'

const { version, calendar } = CalendarMessage.properties
const Kept = Type.Object({ v: Type.Literal(1), version, calendar }, { additionalProperties: false })
export type KeptCalendar = Pick<CalendarMessage, 'version' | 'calendar'>

export type ReadCalendar =
  | { readonly ok: true; readonly kept: KeptCalendar | undefined }
  | { readonly ok: false; readonly reason: string }

/** Only looks. No file is no calendar. */
export async function readCalendar(file: string): Promise<ReadCalendar> {
  try {
    const { v, ...kept } = JSON.parse(await readFile(file, 'utf8')) as Static<typeof Kept>
    if (Check(Kept, { v, ...kept })) return { ok: true, kept }
    return { ok: false, reason: `${file} does not hold a calendar of this version` }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { ok: true, kept: undefined }
    return { ok: false, reason: `cannot read ${file} (${code ?? message})` }
  }
}

export async function writeCalendar(file: string, kept: KeptCalendar): Promise<void> {
  await writeAtomically(file, JSON.stringify({ v: 1, ...kept }))
}
