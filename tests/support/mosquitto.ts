import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { freePort } from '#simulators/demo/free-port.ts'
import { findProgram } from './servers.ts'
import { tempFolder } from './temp-folder.ts'
import { waitFor } from './wait-for.ts'

export type Publication = {
  /** `mqtt://127.0.0.1:1883` */
  readonly broker: string
  readonly login: { readonly username: string; readonly password: string }
  readonly topic: string
  /** Anything but text or bytes is sent as JSON. */
  readonly payload: unknown
  readonly retain?: boolean
}

/** Publishes once with the client of the mosquitto project. Resolves with its exit status and what it complained about. */
export async function mosquittoPub(
  publication: Publication,
): Promise<{ status: number | null; errors: string }> {
  const { broker, login, topic, payload, retain } = publication
  const { hostname, port } = new URL(broker)
  const bytes =
    typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload)
  const child = spawn(
    findProgram('mosquitto_pub') ?? 'mosquitto_pub',
    [
      ...['-h', hostname.replaceAll(/[[\]]/g, ''), '-p', port, '-q', '1', '-V', 'mqttv311'],
      ...['-u', login.username, '-P', login.password, '-t', topic],
      // It refuses to read nothing from its input.
      bytes.length === 0 ? '-n' : '-s',
      ...(retain === true ? ['-r'] : []),
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(bytes)
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  const [status] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { status, errors }
}

/** A broker of the mosquitto project on a free port of loopback that lets everybody in; it keeps nothing on disk. */
export async function startMosquitto(): Promise<AsyncDisposable & { readonly url: string }> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const port = await freePort('127.0.0.1')
  const file = folder.file('mosquitto.conf')
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`)
  const child = spawn(findProgram('mosquitto') ?? 'mosquitto', ['-c', file], { stdio: 'ignore' })
  parts.defer(async () => {
    if (child.exitCode !== null || child.pid === undefined) return
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
  })
  await waitFor(async () => {
    const probe = connectTcp(port, '127.0.0.1')
    await once(probe, 'connect').finally(() => probe.destroy())
  })
  const running = parts.move()
  return { url: `mqtt://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
