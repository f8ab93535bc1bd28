import { X509Certificate } from 'node:crypto'
import { hostPort } from '#lib/host-port.ts'

export type GatewayAddress = {
  /** As the operator says it. */
  readonly given: string | undefined
  readonly hostNames: readonly string[]
  readonly mqtt: { readonly host: string; readonly port: number }
}

const anywhere = ['0.0.0.0', '::']

/**
 * Where a technician is told that gateways reach the cloud: what the operator says, else a name that its certificate has, else
 * the address it listens on, else the name by which the person asking reaches it. Pure.
 */
export function gatewayUrl({ given, hostNames, mqtt }: GatewayAddress, askedAs: string): string {
  if (given !== undefined) return given
  const [name = anywhere.includes(mqtt.host) ? askedAs : mqtt.host] = hostNames
  return `mqtts://${hostPort(name, mqtt.port)}`
}

/** SHA-256 of the certificate in this PEM text, hex, lower case. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()
}
