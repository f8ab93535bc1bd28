import type { TLSSocket } from 'node:tls'
import { enrolmentRoutes } from '#cloud/enrolment/enrolment-routes.ts'
import type { EnrolmentService } from '#cloud/enrolment/enrolment-service.ts'
import type { App } from '#cloud/http/app.ts'
import type { SideDoor } from '#cloud/http/side-door.ts'
import { shownCertificate } from '#cloud/ingest/client-certificate.ts'
import { LoginThrottle } from '#cloud/users/login-throttle.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'

export type GatewayEnrolmentRoutes = {
  readonly enrolment: EnrolmentService
  /** Where gateways reach the cloud, for somebody who reaches it under this name. */
  readonly gatewayUrl: (askedAs: string) => string
  readonly sideDoor: SideDoor
  readonly clock: Clock
}

/** What gateways may ask at their own port. */
export const sideDoorPaths = ['/api/v1/enrol', '/api/v1/enrol/renewal']

/** A technician mistypes; whoever tries tokens by the hundred waits. */
const throttle = { freeFailures: 20, firstWaitMs: 1_000, maxWaitMs: 15 * 60_000, forgetAfterMs: 3_600_000 }

export function gatewayEnrolmentRoutes(api: App, options: GatewayEnrolmentRoutes): void {
  const { enrolment, gatewayUrl, sideDoor, clock } = options
  enrolmentRoutes(api, {
    ...{ enrolment, gatewayUrl },
    throttle: new LoginThrottle(throttle),
    now: () => clock.now(),
    certificateOf: (request) => presented(sideDoor.socketOf(request)),
  })
}

function presented(socket: TLSSocket | undefined) {
  const shown = socket === undefined ? ({ kind: 'none' } as const) : shownCertificate(socket)
  if (shown.kind === 'good') return shown.certificate
  const found = shown.kind === 'bad' ? `one that is no good (${shown.problem})` : 'none'
  throw new AppError(
    'UNAUTHENTICATED',
    `expected the present certificate of the gateway, at the port for gateways; found ${found}`,
  )
}
