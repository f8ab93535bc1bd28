import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Value } from '#contract/sample.ts'
import { hostPort } from '#lib/host-port.ts'
import type { FaultKind } from '#simulators/faults.ts'
import type { DeviceDescription } from '#simulators/site-device.ts'
import { Program, repository } from './program.ts'

export type TestSiteOptions = {
  /** Where its files go. */
  readonly folder: string
  readonly devices: readonly Readonly<Record<string, unknown>>[]
  readonly brokerUrl?: string
  /** One connection for all MQTT devices, with this login. */
  readonly bridge?: { readonly username: string; readonly password: string }
  readonly host?: string
}

export type FaultRequest = {
  readonly kind: FaultKind
  readonly rate?: number
  readonly forMs?: number
  readonly ms?: number
  readonly code?: number
}

/** The simulators as a real process, with a hand on them. Modbus devices are on the bus `plant`. */
export class TestSite implements AsyncDisposable {
  readonly program: Program
  readonly host: string
  readonly modbusPort: number
  readonly journal: string
  readonly #control: string

  private constructor(program: Program, options: { host: string; folder: string; ports: SitePorts }) {
    this.program = program
    this.host = options.host
    this.modbusPort = options.ports.modbus.plant ?? 0
    this.journal = join(options.folder, 'journal.jsonl')
    this.#control = `http://${hostPort(options.host, options.ports.control)}`
  }

  static async start(options: TestSiteOptions): Promise<TestSite> {
    const { folder, devices, brokerUrl, bridge, host = '127.0.0.1' } = options
    const file = join(folder, 'site.yaml')
    const site = {
      profiles: join(repository, 'device-profiles'),
      control: { host, port: 0 },
      journal: 'journal.jsonl',
      buses: [{ id: 'plant', host, port: 0 }],
      devices,
      ...(brokerUrl === undefined
        ? {}
        : { broker: { url: brokerUrl, qos: 1, ...(bridge === undefined ? {} : { bridge }) } }),
    }
    await writeFile(file, stringify(site))
    const program = new Program({ name: 'sim', args: ['simulators/main.ts', '--site', file] })
    try {
      const [line] = await program.sees(/^\{"ready":true.*$/m)
      return new TestSite(program, { host, folder, ports: JSON.parse(line) as SitePorts })
    } catch (error) {
      await program[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The point keeps the value until it is released. */
  set(device: string, point: string, value: Value): Promise<DeviceDescription> {
    return this.#call('POST', `/${device}/points/${point}`, { value })
  }

  release(device: string, point: string): Promise<DeviceDescription> {
    return this.#call('DELETE', `/${device}/points/${point}`)
  }

  fault(device: string, fault: FaultRequest): Promise<DeviceDescription> {
    return this.#call('POST', `/${device}/faults`, fault)
  }

  heal(device: string): Promise<DeviceDescription> {
    return this.#call('DELETE', `/${device}/faults`)
  }

  describe(device: string): Promise<DeviceDescription> {
    return this.#call('GET', `/${device}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]()
  }

  async #call(method: string, path: string, body?: unknown): Promise<DeviceDescription> {
    const response = await fetch(`${this.#control}/devices${path}`, {
      method,
      signal: AbortSignal.timeout(5000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as DeviceDescription
  }
}

type SitePorts = { readonly control: number; readonly modbus: Readonly<Record<string, number>> }
