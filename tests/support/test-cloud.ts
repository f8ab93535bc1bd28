import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { createServerCertificate, type KeyPair } from '#cloud/tls/certificates.ts'
import { hostPort } from '#lib/host-port.ts'
import { ApiClient } from './api-client.ts'
import { Program } from './program.ts'
import { waitFor } from './wait-for.ts'

export type TestCloudOptions = {
  readonly folder: string
  readonly host: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly gateways: readonly { readonly id: string; readonly token: string }[]
  /** The `telemetry` part of its configuration. */
  readonly telemetry?: Readonly<Record<string, unknown>>
  /** The `notifications` part of its configuration. */
  readonly notifications?: Readonly<Record<string, unknown>>
  /** The `enrolment` part of its configuration. */
  readonly enrolment?: Readonly<Record<string, unknown>>
  /** Further parts of its configuration. */
  readonly more?: Readonly<Record<string, unknown>>
  /** For the cloud's process only: a library in front of libc. */
  readonly env?: Readonly<Record<string, string>>
}

/** The `tls` part of its configuration, when the certificate is not the one that the cloud makes itself. */
type OwnCertificate = { readonly certFile: string; readonly keyFile: string; readonly caFile: string }

export const password = 'a password for tests only'

/** The cloud as a real process that can be killed and started again on the same ports and data. */
export class TestCloud implements AsyncDisposable {
  readonly origin: string
  readonly mqttPort: number
  readonly caFile: string
  readonly api: ApiClient
  readonly #options: TestCloudOptions
  readonly #file: string
  #program: Program

  private constructor(options: TestCloudOptions, file: string) {
    this.origin = `http://${hostPort(options.host, options.httpPort)}`
    this.mqttPort = options.mqttPort
    this.caFile = join(options.folder, 'data', 'tls', 'ca.pem')
    this.api = new ApiClient(this.origin)
    this.#options = options
    this.#file = file
    this.#program = this.#spawn()
  }

  /** Resolves when it is ready and `api` is logged in as admin. */
  static async start(options: TestCloudOptions): Promise<TestCloud> {
    const file = await writeCloudConfig(options)
    const cloud = new TestCloud(options, file)
    try {
      await cloud.ready()
      await cloud.api.login('admin', password)
    } catch (error) {
      await cloud[Symbol.asyncDispose]()
      throw error
    }
    return cloud
  }

  get program(): Program {
    return this.#program
  }

  async ready(): Promise<void> {
    await waitFor(async () => {
      if (!this.#program.isRunning) throw new Error(`cloud ended:\n${this.#program.output.slice(-5000)}`)
      await this.api.ready()
    })
  }

  kill9(): Promise<void> {
    return this.#program.kill9()
  }

  async restart(): Promise<void> {
    if (this.#program.isRunning) await this.#program.stop()
    this.#program = this.#spawn()
    await this.ready()
  }

  /** Starts it again with a certificate of the same authority, `daysAgo` made as the cloud makes its own. */
  async restartWithOldCertificate(daysAgo: number): Promise<void> {
    const { folder } = this.#options
    const pair = await this.#issueCertificate(Date.now() - daysAgo * 86_400_000)
    const [certFile, keyFile] = [join(folder, 'old.pem'), join(folder, 'old-key.pem')] as const
    await writeFile(certFile, pair.cert)
    await writeFile(keyFile, pair.key, { mode: 0o600 })
    await writeCloudConfig(this.#options, { certFile, keyFile, caFile: this.caFile })
    await this.restart()
  }

  /** Back to the certificate that it made itself. */
  async restartWithItsCertificate(): Promise<void> {
    await writeCloudConfig(this.#options)
    await this.restart()
  }

  /** What somebody needs who stands in the middle and whom gateways trust. */
  async impersonation(): Promise<{ readonly ca: string; readonly certificate: KeyPair }> {
    return {
      ca: await readFile(this.caFile, 'utf8'),
      certificate: await this.#issueCertificate(Date.now()),
    }
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.origin}/metrics`)).text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]()
  }

  /** A certificate for its address, signed by the authority that gateways trust. */
  async #issueCertificate(now: number): Promise<KeyPair> {
    const authority = {
      cert: await readFile(this.caFile, 'utf8'),
      key: await readFile(join(dirname(this.caFile), 'ca-key.pem'), 'utf8'),
    }
    return await createServerCertificate(authority, [this.#options.host], now)
  }

  #spawn(): Program {
    return new Program({
      name: 'cloud',
      args: ['cloud/main.ts', '--config', this.#file],
      env: { CAMPUS_DEMO_PASSWORD: password, ...this.#options.env },
    })
  }
}

/** Writes cloud.yaml and the token files; returns the path. */
export async function writeCloudConfig(
  options: TestCloudOptions,
  certificate?: OwnCertificate,
): Promise<string> {
  const { folder, host, httpPort, mqttPort, gateways } = options
  await mkdir(folder, { recursive: true })
  for (const { id, token } of gateways) await writeFile(join(folder, `${id}.token`), token, { mode: 0o600 })
  const file = join(folder, 'cloud.yaml')
  const config = {
    data: './data',
    http: { host, port: httpPort },
    mqtt: { host, port: mqttPort },
    tls: { hostNames: [host], ...certificate },
    gateways: gateways.map(({ id }) => ({
      id,
      title: { zh: `测试 ${id}`, en: `Test ${id}` },
      tokenFile: `${id}.token`,
    })),
    demoAccounts: true,
    ...(options.enrolment === undefined ? {} : { enrolment: options.enrolment }),
    ...(options.telemetry === undefined ? {} : { telemetry: options.telemetry }),
    ...(options.notifications === undefined ? {} : { notifications: options.notifications }),
    ...options.more,
  }
  await writeFile(file, stringify(config))
  return file
}
