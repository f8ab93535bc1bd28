import { plainFingerprint } from '#gateway/enrolment/enrolment-code.ts'
import { IdentityStore } from '#gateway/enrolment/identity-store.ts'
import { KeepIdentity } from '#gateway/enrolment/keep-identity.ts'
import type { UplinkConfig } from '#gateway/uplink/uplink-config.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { GatewaySetup } from './load-gateway.ts'

export type OpenIdentityOptions = {
  readonly setup: GatewaySetup
  readonly cloud: UplinkConfig
  readonly clock: Clock
  readonly log: Logger
}

/** The certificate of a gateway that has no token in the cloud's configuration. */
export function openIdentity({ setup, cloud, clock, log }: OpenIdentityOptions): Promise<KeepIdentity> {
  const { url, enrolment } = cloud
  const { token, caFingerprint } = enrolment ?? {}
  const pin = caFingerprint === undefined ? {} : { caFingerprint: plainFingerprint(caFingerprint) }
  return KeepIdentity.start({
    store: new IdentityStore(setup.dataFolder),
    gateway: setup.config.gateway.id,
    url,
    ca: setup.secrets.cloud?.ca,
    enrolment: token === undefined ? undefined : { url, token, ...pin },
    clock,
    log,
  })
}
