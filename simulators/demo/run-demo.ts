import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#lib/clock.ts'
import { hostPort } from '#lib/host-port.ts'
import { readAccounts } from './accounts.ts'
import { campuses, placesOf } from './campuses.ts'
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
const gatewayStopMs = 4500
const restStopMs = 4000

const deviceCount = campuses.reduce((count, campus) => count + placesOf(campus).length, 0)
const whatNext = [
  `${campuses.length} campuses with ${deviceCount} simulated devices. Sign in as admin; lux-201 is too dark now and then and raises its alarm. Ctrl-C stops everything.`,
  `${campuses.length} 所学校，${deviceCount} 台模拟设备。用 admin 登录；lux-201 有时照度不足并告警。按 Ctrl-C 全部停止。`,
]

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
      // The same two as in the service unit of docs/operate.md: some 35 MB less for each program.
      env: { NODE_COMPILE_CACHE: join(settings.data, 'compile-cache'), MALLOC_ARENA_MAX: '1' },
      logFile: join(logs, `${name}.log`),
      clock: systemClock,
      say,
    })

  const cloud = start('cloud', ['cloud/main.ts', '--config', files.cloud])
  const sites = files.campuses.map(({ id, site }) =>
    start(`${id}-devices`, ['simulators/main.ts', '--site', site]),
  )
  const gateways: SupervisedChild[] = []
  try {
    const origin = `http://${hostPort(reachable(settings.host), settings.httpPort)}`
    if (!(await isAnswering(`${origin}/ready`, { withinMs: readyWithinMs, signal }))) {
      return { problems: signal.aborted ? [] : [`The cloud did not start. Why: ${join(logs, 'cloud.log')}`] }
    }
    for (const { id, gateway } of files.campuses) {
      gateways.push(start(`${id}-gateway`, ['gateway/main.ts', '--config', gateway]))
    }
    say(`console: http://${hostPort(settings.host, settings.httpPort)}/`)
    for (const { username, password } of await readAccounts(files.accounts))
      say(`${username.padEnd(12)}${password}`)
    for (const line of whatNext) say(line)
    await aborted(signal)
    say('stopping …')
    return { problems: [] }
  } finally {
    // A gateway takes leave of the cloud while both are there; devices that vanish first would be an outage to it.
    await Promise.all(gateways.map((gateway) => gateway.stop(gatewayStopMs)))
    await Promise.all([...sites, cloud].map((child) => child.stop(restStopMs)))
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
