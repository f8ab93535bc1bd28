import type { GatewayAlarms } from '#cloud/alarms/gateway-alarms.ts'
import type { AuditLog } from '#cloud/audit/audit-log.ts'
import type { EnrolmentConfig } from '#cloud/enrolment/enrolment-config.ts'
import { type EnrolmentOptions, EnrolmentService } from '#cloud/enrolment/enrolment-service.ts'
import { GatewayRepository } from '#cloud/gateways/gateway-repository.ts'
import { gatewayView } from '#cloud/gateways/gateway-view.ts'
import type { Gateway } from '#contract/api/gateways.ts'
import { parseDuration } from '#lib/quantity.ts'
import { fingerprintOf } from './gateway-address.ts'

export type CreateEnrolmentOptions = Pick<EnrolmentOptions, 'db' | 'clock' | 'log' | 'authority' | 'cut'> & {
  readonly config: EnrolmentConfig
  /** What gateways trust, PEM; absent where any public authority will do. */
  readonly ca: string | undefined
  readonly audit: AuditLog
  readonly gatewayAlarms: Pick<GatewayAlarms, 'stolenToken' | 'tokenSettled'>
  readonly onAdded: (gateway: Gateway) => Promise<void>
}

/** Enrolment, with what the audit log, the alarms and the live stream hear of it. */
export function createEnrolment(options: CreateEnrolmentOptions): EnrolmentService {
  const { config, ca, audit, gatewayAlarms, onAdded, ...rest } = options
  return new EnrolmentService({
    ...rest,
    caFingerprint: ca === undefined ? undefined : fingerprintOf(ca),
    tokenLifetimeMs: parseDuration(config.tokenLifetime),
    certificateLifetimeMs: parseDuration(config.certificateLifetime),
    onStolen: async (stolen) => {
      const { gateway, first, second } = stolen
      const action = 'gateway.token-stolen'
      await audit.write({ action, who: 'system', target: gateway, address: second, after: { first } })
      gatewayAlarms.stolenToken(gateway, stolen)
    },
    onAdded: async (id) => {
      const row = await new GatewayRepository(rest.db).byId(id)
      if (row !== undefined) await onAdded(gatewayView(row))
    },
    onSettled: (gateway) => gatewayAlarms.tokenSettled(gateway),
  })
}
