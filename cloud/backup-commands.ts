/** `--backup FOLDER` and `--restore FOLDER` of `main.ts`: what they say and how they end. */
import { resolve } from 'node:path'
import { makeBackup } from '#cloud/backup/make-backup.ts'
import type { Manifest } from '#cloud/backup/manifest.ts'
import { restoreBackup } from '#cloud/backup/restore-backup.ts'
import { AppError } from '#contract/errors.ts'
import { besideConfig } from '#lib/load-config.ts'
import type { CloudSettings } from './load-cloud-config.ts'

export async function backUp(file: string, { config }: CloudSettings, folder: string): Promise<void> {
  const to = resolve(folder)
  const source = {
    data: config.data,
    config: { file: resolve(file), named: filesIn(config).map((name) => besideConfig(file, name)) },
    telemetry: config.telemetry.influxdb === undefined ? ('embedded' as const) : ('influxdb' as const),
  }
  try {
    process.stdout.write(`${to}: ${summary(await makeBackup(source, to, Date.now()))}\n`)
  } catch (error) {
    const known = error instanceof AppError || (error instanceof Error && 'code' in error)
    if (!known) throw error
    process.stderr.write(`no backup was made: ${error.message}\n`)
    process.exitCode = error instanceof AppError ? 2 : 1
  }
}

export async function restore({ config }: CloudSettings, folder: string): Promise<void> {
  const restored = await restoreBackup(resolve(folder), config.data)
  if (restored.ok) {
    process.stdout.write(`${config.data}: ${summary(restored.manifest)}\n`)
    return
  }
  process.stderr.write(`${['nothing was restored:', ...restored.problems].join('\n')}\n`)
  process.exitCode = 2
}

function summary({ files, madeAt, telemetry }: Manifest): string {
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  const what = `${files.length} files, ${megabytes.toFixed(1)} MB, as of ${new Date(madeAt).toISOString()}`
  return telemetry === 'influxdb' ? `${what}; the telemetry is in InfluxDB and not among them` : what
}

/** What the configuration names as a file: the keys that end in `File`. Pure. */
function filesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) =>
    typeof child === 'string' ? (key.endsWith('File') ? [child] : []) : filesIn(child),
  )
}
