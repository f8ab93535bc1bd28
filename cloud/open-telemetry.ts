import { join } from 'node:path'
import type { InfluxServerOptions } from '#cloud/telemetry/influx/influx-server.ts'
import type { TelemetryConfig } from '#cloud/telemetry/telemetry-config.ts'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'

export type TelemetryStoreOptions = {
  readonly config: TelemetryConfig
  /** Holds the file of the embedded store. */
  readonly folder: string
  readonly login: InfluxServerOptions['login']
  readonly log: Logger
}

/** The store that the configuration names; the other one is not even loaded. */
export async function openTelemetryStore(options: TelemetryStoreOptions): Promise<TelemetryStore> {
  const { config, folder, login, log } = options
  if (config.influxdb === undefined) {
    const { openSqliteTelemetryStore } = await import('#cloud/telemetry/sqlite/sqlite-telemetry-store.ts')
    return await openSqliteTelemetryStore({ path: join(folder, 'telemetry.db'), log })
  }
  const { url, database, timeout } = config.influxdb
  const { openInfluxTelemetryStore } = await import('#cloud/telemetry/influx/influx-telemetry-store.ts')
  log.info({ url, database }, 'telemetry is kept in InfluxDB')
  const server = { url, database, timeoutMs: parseDuration(timeout) }
  return openInfluxTelemetryStore({ ...server, ...(login === undefined ? {} : { login }), log })
}
