import { resolve } from 'node:path'

export type DemoSettings = {
  readonly host: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly data: string
  /** One password for all demo accounts, instead of generated ones. */
  readonly password?: string
}

export type Settings =
  | { readonly ok: true; readonly value: DemoSettings }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads the environment. Pure; every problem at once. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const problems: string[] = []
  const port = (name: string, otherwise: number): number => {
    const text = env[name]
    if (text === undefined || text === '') return otherwise
    const number = Number(text)
    if (Number.isInteger(number) && number > 0 && number < 65_536) return number
    problems.push(`${name}: expected a port from 1 to 65535, found "${text}"`)
    return otherwise
  }
  const httpPort = port('CAMPUS_HTTP_PORT', 8080)
  const mqttPort = port('CAMPUS_MQTT_PORT', 8883)
  if (httpPort === mqttPort) problems.push(`CAMPUS_HTTP_PORT and CAMPUS_MQTT_PORT are both ${httpPort}`)
  const password = env.CAMPUS_DEMO_PASSWORD
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    value: {
      host: withoutBrackets(env.CAMPUS_HOST || '127.0.0.1'),
      httpPort,
      mqttPort,
      data: resolve(env.CAMPUS_DATA || './data'),
      ...(password === undefined || password === '' ? {} : { password }),
    },
  }
}

function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}
