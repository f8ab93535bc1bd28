import { type Static, Type } from 'typebox'
import { closed, GatewayId, Instant } from './common.ts'

const title = Type.String({ minLength: 1, maxLength: 100 })

/** `POST /gateways` */
export const GatewayDraft = Type.Object(
  {
    id: GatewayId,
    title: Type.Optional(
      Type.Object(
        { zh: Type.Optional(title), en: Type.Optional(title) },
        { ...closed, description: 'What people call it' },
      ),
    ),
    place: Type.Optional(
      Type.String({ minLength: 1, maxLength: 63, description: 'The node of the tree where it stands' }),
    ),
  },
  closed,
)
export type GatewayDraft = Static<typeof GatewayDraft>

/** A one-time token and what else a technician needs at the gateway. The token is told this once. */
export const EnrolmentToken = Type.Object(
  {
    id: Type.String(),
    enrolmentToken: Type.String(),
    expiresAt: Instant,
    /** `mqtts://campus.example:8883`, the `cloud.url` of the gateway's configuration. */
    url: Type.String(),
    /** SHA-256 of the certificate that the gateway is to trust, hex; absent where any public authority will do. */
    caFingerprint: Type.Optional(Type.String()),
    /** All of it as one text for `--enrol`. */
    code: Type.String(),
  },
  closed,
)
export type EnrolmentToken = Static<typeof EnrolmentToken>

export const GatewayCertificate = Type.Object(
  {
    serial: Type.String(),
    issuedAt: Instant,
    validFrom: Instant,
    validUntil: Instant,
    /** It followed an earlier certificate, without a token. */
    renewed: Type.Boolean(),
    /** When the gateway first signed in with it. */
    usedAt: Type.Optional(Instant),
    revokedAt: Type.Optional(Instant),
  },
  closed,
)
export type GatewayCertificate = Static<typeof GatewayCertificate>

/** How a gateway proves who it is. */
export const enrolmentStates = ['token', 'waiting', 'lapsed', 'enrolled', 'expired', 'revoked'] as const
export const EnrolmentState = Type.Union(
  enrolmentStates.map((state) => Type.Literal(state)),
  {
    description:
      'token: by a token of the configuration; waiting: for the gateway to use its enrolment token; lapsed: it has no token that is still good; enrolled: by certificate; expired: that is too old; revoked: may not connect',
  },
)
export type EnrolmentState = (typeof enrolmentStates)[number]

/** `GET /gateways/{id}/enrolment` */
export const Enrolment = Type.Object(
  {
    gateway: Type.String(),
    state: Type.Unsafe<EnrolmentState>(EnrolmentState),
    /** The newest one-time token. */
    token: Type.Optional(
      Type.Object(
        {
          createdAt: Instant,
          expiresAt: Instant,
          usedAt: Type.Optional(Instant),
          usedFrom: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
    /** The newest certificate. */
    certificate: Type.Optional(GatewayCertificate),
    revokedAt: Type.Optional(Instant),
  },
  closed,
)
export type Enrolment = Static<typeof Enrolment>

const csr = Type.String({
  minLength: 1,
  maxLength: 8_192,
  description: 'PKCS #10 request in PEM: EC P-256, subject CN=<id of the gateway>',
})

/** `POST /enrol` */
export const EnrolRequest = Type.Object({ token: Type.String({ minLength: 1, maxLength: 200 }), csr }, closed)
export type EnrolRequest = Static<typeof EnrolRequest>

/** `POST /enrol/renewal` */
export const RenewalRequest = Type.Object({ csr }, closed)
export type RenewalRequest = Static<typeof RenewalRequest>

/** What the gateway gets for its request. */
export const IssuedCertificate = Type.Object(
  {
    gateway: Type.String(),
    /** PEM. */
    certificate: Type.String(),
    serial: Type.String(),
    validUntil: Instant,
    /** The clock of the cloud: a certificate is of no use to a gateway whose own is far off. */
    now: Instant,
  },
  closed,
)
export type IssuedCertificate = Static<typeof IssuedCertificate>
