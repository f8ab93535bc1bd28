import { randomUUID } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import type { AlarmEvent } from '#contract/events.ts'
import { writeAtomically } from '#lib/write-atomically.ts'

export type TroubleParts = {
  /** Remembers the alarm over restarts, so that it is raised once and cleared once. */
  readonly file: string
  readonly trouble: readonly string[]
  readonly emit: (event: AlarmEvent) => Promise<void>
  readonly now: number
}

const title = {
  zh: '网关存储的配置有误，部分内容未使用',
  en: 'Stored configuration of the gateway is broken and partly not used',
}

/** Something of the stored configuration cannot be used: an alarm about the gateway itself, cleared when it is mended. */
export async function tellTrouble({ file, trouble, emit, now }: TroubleParts): Promise<void> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  const isTrouble = trouble.length > 0
  if (isTrouble === (known !== undefined)) return
  const occurrence = known?.slice(0, 64) || randomUUID()
  if (isTrouble) await writeAtomically(file, occurrence)
  // Numbered and on its way with this call; on the disk with the next commit.
  await emit({
    ...{ kind: 'alarm', occurrence, rule: 'gateway.configuration', point: '', at: now, title },
    ...{ state: isTrouble ? 'raised' : 'cleared', priority: 2 },
    value: trouble.length,
  })
  if (!isTrouble) await rm(file, { force: true })
}
