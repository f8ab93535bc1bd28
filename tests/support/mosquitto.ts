import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findProgram } from './servers.ts'

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
