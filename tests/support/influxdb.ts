import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#simulators/demo/free-port.ts'
import { findProgram } from './servers.ts'
import { waitFor } from './wait-for.ts'

export interface InfluxDb extends AsyncDisposable {
  /** `http://127.0.0.1:8086` */
  readonly url: string
  /** SIGKILL, and the same data again on the same port. */
  kill(): Promise<void>
  restart(): Promise<void>
}

export type InfluxDbOptions = {
  /** Asks for a name and a password; the first user has to be made. */
  readonly auth?: boolean
}

/** Debian's InfluxDB on free ports with a data folder of its own. */
export async function startInfluxDb({ auth = false }: InfluxDbOptions = {}): Promise<InfluxDb> {
  const folder = await mkdtemp(join(tmpdir(), 'influxdb-'))
  const [http, rpc] = [await freePort('127.0.0.1'), await freePort('127.0.0.1')]
  const config = join(folder, 'influxdb.conf')
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  auth-enabled = ${auth}
  log-enabled = false
`,
  )
  const url = `http://127.0.0.1:${http}`
  let child = start()

  function start() {
    return spawn(findProgram('influxd') ?? 'influxd', ['-config', config], { stdio: 'ignore' })
  }
  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'close')
    child.kill(signal)
    await closed
  }
  const answering = () =>
    waitFor(
      async () => {
        const { status } = await fetch(`${url}/ping`)
        if (status !== 204) throw new Error(`InfluxDB answers ${status}`)
      },
      { timeoutMs: 30_000 },
    )

  await answering()
  return {
    url,
    kill: () => stop('SIGKILL'),
    async restart() {
      child = start()
      await answering()
    },
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
