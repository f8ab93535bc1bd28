import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#lib/clock.ts'
import { hostPort } from '#lib/host-port.ts'
import { readAccounts } from './accounts.ts'
import { campuses } from './campuses.ts'
import { claimFolder, portProblems } from './claim.ts'
import { isAnswering } from './is-answering.ts'
import type { DemoSettings } from './settings.ts'
import { SupervisedChild } from './supervised-child.ts'
import { reachable, writeConfigs } from './write-configs.ts'

export type Terminal = {
  readonly say: (line: string) => void
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const readyWithinMs = 60_000
/** Together under the ten seconds a person is willing to wait after Ctrl-C. */
const edgeStopMs = 5000
const cloudStopMs = 3500

/** Runs until the signal. Resolves when no child is left, with what went wrong, if anything. */
export async function runDemo(
  settings: DemoSettings,
  { say, signal }: Terminal,
): Promise<{ readonly problems: readonly string[] }> {
  await using folder = await claimFolder(settings.data)
  if (folder === undefined) {
    return {
      problems: [
        `A demo is running with ${settings.data} already. Stop it, or set CAMPUS_DATA to another folder.`,
      ],
    }
  }
  const problems = await portProblems(settings)
  if (problems.length > 0) return { problems }

  const files = await writeConfigs(settings)
  const logs = join(settings.data, 'logs')
  await mkdir(logs, { recursive: true })
  const start = (name: string, args: readonly string[]) =>
    SupervisedChild.start({
      name,
      args,
      cwd: repository,
      logFile: join(logs, `${name}.log`),
      clock: systemClock,
      say,
    })

  const cloud = start('cloud', ['cloud/main.ts', '--config', files.cloud])
  const edges = files.campuses.map(({ id, site }) =>
    start(`${id}-devices`, ['simulators/main.ts', '--site', site]),
  )
  try {
    const origin = `http://${hostPort(reachable(settings.host), settings.httpPort)}`
    if (!(await isAnswering(`${origin}/health`, { withinMs: readyWithinMs, signal }))) {
      return { problems: signal.aborted ? [] : [`The cloud did not start. Why: ${join(logs, 'cloud.log')}`] }
    }
    edges.push(
      ...files.campuses.map(({ id, gateway }) =>
        start(`${id}-gateway`, ['gateway/main.ts', '--config', gateway]),
      ),
    )
    say(`console: http://${hostPort(settings.host, settings.httpPort)}/`)
    for (const { username, password } of await readAccounts(files.accounts))
      say(`${username.padEnd(12)}${password}`)
    say(
      `${campuses.length} campuses, ${deviceCount()} simulated devices. Try: sign in as admin, open Devices, wait for lux-201 to raise its alarm. Ctrl-C stops everything.`,
    )
    say(
      `${campuses.length} 所学校，${deviceCount()} 台模拟设备。试一试：用 admin 登录，打开“设备”，等待 lux-201 照度过低告警。按 Ctrl-C 全部停止。`,
    )
    await aborted(signal)
    say('stopping …')
    return { problems: [] }
  } finally {
    await Promise.all(edges.map((edge) => edge.stop(edgeStopMs)))
    await cloud.stop(cloudStopMs)
  }
}

function deviceCount(): number {
  return campuses.reduce((count, { modbus, mqtt }) => count + modbus.length + mqtt.length, 0)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
