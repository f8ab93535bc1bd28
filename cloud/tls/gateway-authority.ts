import { mkdir } from 'node:fs/promises'
import type { Logger } from '#lib/logger.ts'
import { createAuthority, type KeyPair } from './certificates.ts'
import { keepPair, readPair } from './kept-pair.ts'

export type GatewayAuthorityOptions = {
  /** `gateway-ca.pem` and `gateway-ca-key.pem` are kept here, readable by the owner only. */
  readonly folder: string
  readonly now: number
  readonly log: Logger
}

/**
 * The authority for the certificates with which gateways sign in; made once and kept. It is another than that of the cloud's own
 * certificate: who has a gateway's certificate can never stand in for the cloud, and the operator may bring his own for that.
 */
export async function openGatewayAuthority({ folder, now, log }: GatewayAuthorityOptions): Promise<KeyPair> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const place = { folder, name: 'gateway-ca', lossOf: 'every gateway has to be enrolled anew' }
  const known = await readPair(place)
  if (known !== undefined) return known
  log.info({ folder }, 'authority for certificates of gateways made')
  return keepPair(place, await createAuthority('campus gateway CA', now))
}
