import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { whyNotFree } from './free-port.ts'
import type { DemoSettings } from './settings.ts'

/** A demo that was just killed needs a moment until its children have noticed and let go of their ports. */
const patienceMs = 4000

/** What stands in the way of starting, in words for the person at the terminal. */
export async function portProblems({ host, httpPort, mqttPort }: DemoSettings): Promise<readonly string[]> {
  const problems: string[] = []
  for (const [variable, port] of [
    ['CAMPUS_HTTP_PORT', httpPort],
    ['CAMPUS_MQTT_PORT', mqttPort],
  ] as const) {
    const why = await whyStillNotFree(host, port)
    if (why === undefined) continue
    problems.push(wordsFor(why, { host, port, variable }))
  }
  return problems
}

function wordsFor(
  why: string,
  { host, port, variable }: { host: string; port: number; variable: string },
): string {
  switch (why) {
    case 'EADDRINUSE':
      return `Port ${port} is in use by another program. Stop it, or choose another port: ${variable}=${port + 1} npm start`
    case 'EACCES':
      return `Port ${port} needs special rights. Choose one from 1024 up: ${variable}=${port + 10_000} npm start`
    default:
      return `Cannot listen on ${host} (${why}). CAMPUS_HOST must be an address of this machine.`
  }
}

async function whyStillNotFree(host: string, port: number): Promise<string | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const why = await whyNotFree(host, port)
    if (why !== 'EADDRINUSE' || performance.now() > deadline) return why
    await sleep(200)
  }
}

/** Makes the data folder ours until disposed. `undefined` when a running demo has it. */
export async function claimFolder(data: string): Promise<AsyncDisposable | undefined> {
  await mkdir(data, { recursive: true, mode: 0o700 })
  const file = join(data, 'demo.pid')
  if (await isAlive(file)) return undefined
  await writeFile(file, `${process.pid}\n`)
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

async function isAlive(file: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(file, 'utf8'))
    if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return false
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is alive and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
