import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { hostPort } from '#lib/host-port.ts'
import { Program, repository } from './program.ts'
import { waitFor } from './wait-for.ts'

export type TestGatewayOptions = {
  readonly id: string
  readonly folder: string
  readonly host: string
  readonly brokerPort: number
  readonly healthPort: number
  readonly cloud: {
    readonly port: number
    readonly caFile?: string
    /** Absent where it is enrolled. */
    readonly token?: string
    readonly enrolment?: { readonly token: string; readonly caFingerprint?: string | undefined }
    readonly reconnectMax?: string
  }
  readonly modbusPort?: number
  readonly devices: readonly Readonly<Record<string, unknown>>[]
  readonly credentials: readonly Readonly<Record<string, unknown>>[]
  /** The broker that is there already, instead of the gateway's own. */
  readonly existingBroker?: { readonly url: string }
  readonly rules?: readonly Readonly<Record<string, unknown>>[]
  readonly interlocks?: readonly Readonly<Record<string, unknown>>[]
  readonly outbox?: Readonly<Record<string, unknown>>
  /** How long a change from the cloud is tried. */
  readonly configuration?: Readonly<Record<string, unknown>>
  /** For the gateway's process only: a library in front of libc, a time zone. */
  readonly env?: Readonly<Record<string, string>>
}

/** The gateway as a real process that can be killed and started again on the same ports and data. */
export class TestGateway implements AsyncDisposable {
  readonly id: string
  readonly brokerUrl: string
  readonly healthOrigin: string
  readonly #file: string
  readonly #env: Readonly<Record<string, string>>
  #program: Program

  private constructor(options: TestGatewayOptions, file: string) {
    this.id = options.id
    this.brokerUrl = `mqtt://${hostPort(options.host, options.brokerPort)}`
    this.healthOrigin = `http://${hostPort(options.host, options.healthPort)}`
    this.#file = file
    this.#env = options.env ?? {}
    this.#program = this.#spawn()
  }

  static async start(options: TestGatewayOptions): Promise<TestGateway> {
    const file = await writeGatewayConfig(options)
    const gateway = new TestGateway(options, file)
    try {
      await gateway.ready()
    } catch (error) {
      await gateway[Symbol.asyncDispose]()
      throw error
    }
    return gateway
  }

  get program(): Program {
    return this.#program
  }

  /** Resolves when the health endpoint answers. */
  async ready(): Promise<void> {
    await waitFor(async () => {
      if (!this.#program.isRunning) throw new Error(`gateway ended:\n${this.#program.output.slice(-5000)}`)
      await fetch(`${this.healthOrigin}/health`, { signal: AbortSignal.timeout(2000) })
    })
  }

  /** As a power cut: nothing is flushed. */
  kill9(): Promise<void> {
    return this.#program.kill9()
  }

  /** As a service manager does when it has ended; who waits for it looks elsewhere. */
  begin(): void {
    this.#program = this.#spawn()
  }

  /** The same configuration and data again. */
  async restart(): Promise<void> {
    if (this.#program.isRunning) await this.#program.stop()
    this.#program = this.#spawn()
    await this.ready()
  }

  async health(): Promise<unknown> {
    return (await fetch(`${this.healthOrigin}/health`)).json()
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.healthOrigin}/metrics`)).text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
  }

  #spawn(): Program {
    return new Program({
      name: this.id,
      args: ['gateway/main.ts', '--config', this.#file],
      env: this.#env,
    })
  }
}

/** Writes gateway.yaml and its token file; returns the path. */
export async function writeGatewayConfig(options: TestGatewayOptions): Promise<string> {
  const { id, folder, host, cloud, devices, credentials, rules, outbox, modbusPort } = options
  await mkdir(folder, { recursive: true })
  if (cloud.token !== undefined) await writeFile(join(folder, 'token'), cloud.token, { mode: 0o600 })
  const file = join(folder, 'gateway.yaml')
  const pace = cloud.reconnectMax === undefined ? {} : { reconnectMax: cloud.reconnectMax }
  const url = `mqtts://${hostPort(host, cloud.port)}`
  const config = {
    gateway: { id },
    data: './data',
    cloud: {
      ...{ url, ...pace },
      ...(cloud.caFile === undefined ? {} : { caFile: cloud.caFile }),
      ...(cloud.token === undefined ? {} : { tokenFile: 'token' }),
      ...(cloud.enrolment === undefined ? {} : { enrolment: cloud.enrolment }),
    },
    broker: options.existingBroker ?? { host, port: options.brokerPort, credentials },
    profiles: join(repository, 'device-profiles'),
    buses: modbusPort === undefined ? [] : [{ id: 'plant', protocol: 'modbus-tcp', host, port: modbusPort }],
    devices,
    rules: rules ?? [],
    interlocks: options.interlocks ?? [],
    ...(outbox === undefined ? {} : { outbox }),
    ...(options.configuration === undefined ? {} : { configuration: options.configuration }),
    health: { host, port: options.healthPort },
    log: { level: 'info' },
  }
  await writeFile(file, stringify(config))
  return file
}
