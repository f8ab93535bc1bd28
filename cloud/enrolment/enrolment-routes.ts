import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type App, answers } from '#cloud/http/app.ts'
import { aboutGateway } from '#cloud/http/guard.ts'
import { closed, GatewayId } from '#contract/api/common.ts'
import {
  Enrolment,
  EnrolmentToken,
  EnrolRequest,
  GatewayDraft,
  IssuedCertificate,
  RenewalRequest,
} from '#contract/api/enrolment.ts'
import { AppError, isRetryable } from '#contract/errors.ts'
import type { PresentedCertificate } from './admission.ts'
import type { EnrolmentService } from './enrolment-service.ts'

/** Slows down an address that was refused, as it does for people who sign in. */
export interface Throttle {
  /** 0 when it may try. */
  waitMs(key: string, nowMs: number): number
  begin(key: string, nowMs: number): void
  failed(key: string, nowMs: number): void
  succeeded(key: string): void
  /** It could not be decided. */
  abandoned(key: string): void
}

export type EnrolmentRouteOptions = {
  readonly enrolment: EnrolmentService
  readonly throttle: Throttle
  readonly now: () => number
  /** Where gateways reach the cloud, for somebody who reaches it under this name. */
  readonly gatewayUrl: (hostname: string) => string
  /** The certificate that came with the connection. Throws AppError UNAUTHENTICATED when there is none, or a bad one. */
  readonly certificateOf: (request: FastifyRequest) => PresentedCertificate
}

const tags = ['enrolment']
const GatewayPath = Type.Object({ id: GatewayId }, closed)
const manages = { needs: 'gateways.manage' } as const
const managesOne = { ...manages, about: aboutGateway } as const
/** A request with its token; nothing else is that short. */
const bodyLimit = 16 * 1024

export function enrolmentRoutes(api: App, options: EnrolmentRouteOptions): void {
  const { enrolment, gatewayUrl } = options
  api.post(
    '/gateways',
    {
      config: { ...manages, audit: 'gateway.added' },
      schema: {
        operationId: 'addGateway',
        summary: 'Add a gateway; the answer holds the one-time token with which it is enrolled',
        ...{ tags, body: GatewayDraft, response: answers(EnrolmentToken) },
      },
    },
    async ({ body, hostname, access, audit }) => {
      access.require('gateways.manage', body.place === undefined ? 'everything' : { node: body.place })
      return enrolment.add(body, gatewayUrl(hostname), audit)
    },
  )

  api.post(
    '/gateways/:id/enrolment-token',
    {
      config: { ...managesOne, audit: 'gateway.token-made' },
      schema: {
        operationId: 'makeEnrolmentToken',
        summary: 'A new one-time token; the one before is void',
        ...{ tags, params: GatewayPath, response: answers(EnrolmentToken) },
      },
    },
    async ({ params, hostname, audit }) => enrolment.newToken(params.id, gatewayUrl(hostname), audit),
  )

  api.get(
    '/gateways/:id/enrolment',
    {
      config: { about: aboutGateway },
      schema: {
        operationId: 'getEnrolment',
        summary: 'How the gateway proves who it is: its certificate, and the token it may be enrolled with',
        ...{ tags, params: GatewayPath, response: answers(Enrolment) },
      },
    },
    async ({ params }) => enrolment.view(params.id),
  )

  api.post(
    '/gateways/:id/revoke',
    {
      config: { ...managesOne, audit: 'gateway.revoked' },
      schema: {
        operationId: 'revokeGateway',
        summary: 'Take every way to connect from the gateway and end its connection; its data stays',
        ...{ tags, params: GatewayPath, response: answers(Enrolment) },
      },
    },
    async ({ params, audit }) => enrolment.revoke(params.id, audit),
  )

  gatewaysOwnRoutes(api, options)
}

/** What gateways call: without a session, by a token or a certificate. */
function gatewaysOwnRoutes(
  api: App,
  { enrolment, throttle, now, certificateOf }: EnrolmentRouteOptions,
): void {
  async function slowedDown<T>(address: string, attempt: () => Promise<T>): Promise<T> {
    const retryAfterMs = throttle.waitMs(address, now())
    if (retryAfterMs > 0) {
      const text = `too many refused requests from this address: try again in ${Math.ceil(retryAfterMs / 1000)} s`
      throw new AppError('RATE_LIMITED', text, { details: { retryAfterMs } })
    }
    throttle.begin(address, now())
    try {
      const result = await attempt()
      throttle.succeeded(address)
      return result
    } catch (error) {
      if (isRetryable(error)) throttle.abandoned(address)
      else throttle.failed(address, now())
      throw error
    }
  }

  api.post(
    '/enrol',
    {
      config: { public: true, audit: { ok: 'gateway.enrolled', refused: 'gateway.enrolment-refused' } },
      bodyLimit,
      schema: {
        operationId: 'enrol',
        summary: 'A gateway gets its first certificate for its one-time token',
        description:
          'The same token with the same key gives the same certificate, until the token expires. Also served on the MQTT port, to clients that ask for http/1.1 (ALPN).',
        security: [],
        ...{ tags, body: EnrolRequest, response: answers(IssuedCertificate) },
      },
    },
    async ({ body, ip, audit }) => slowedDown(ip, () => enrolment.enrol(body, ip, audit)),
  )

  api.post(
    '/enrol/renewal',
    {
      config: { public: true, audit: { ok: 'gateway.renewed', refused: 'gateway.renewal-refused' } },
      bodyLimit,
      schema: {
        operationId: 'renewCertificate',
        summary: 'A gateway gets its next certificate for the present one',
        description:
          'On the MQTT port only, with the present certificate as client certificate of the connection.',
        security: [],
        ...{ tags, body: RenewalRequest, response: answers(IssuedCertificate) },
      },
    },
    async (request) =>
      slowedDown(request.ip, () => enrolment.renew(certificateOf(request), request.body.csr, request.audit)),
  )
}
