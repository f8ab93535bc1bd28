/**
 * Why a connection did not come about or ended, in words for the person who has to mend it. `identity`: what to say of a gateway
 * that signs in by certificate when the cloud does not let it in. Pure.
 */
export function explainLinkError(error: unknown, address: string, identity?: string): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (identity !== undefined && (code === 4 || code === 5 || code === notEnrolled))
    return `${address}: ${identity}`
  const words = typeof code === 'string' || typeof code === 'number' ? causes[code] : undefined
  if (words !== undefined) return `${address}: ${words}`
  if (typeof code === 'string' && certificateCodes.test(code)) {
    return `${address}: the certificate of the cloud is not trusted (${code}): check caFile and the cloud's certificate`
  }
  return `${address}: ${typeof message === 'string' && message !== '' ? message : String(error)}`
}

/** There is nothing to sign in with. */
export const notEnrolled = 'NOT_ENROLLED'

const certificateCodes = /CERT|SIGNATURE|SELF_SIGNED|ISSUER|CRL/

/** Numbers are the return codes of CONNACK (MQTT 3.1.1, table 3.1). */
const causes: Record<string | number, string> = {
  1: 'the cloud does not speak MQTT 3.1.1',
  2: 'another gateway uses this id and is connected: stop one of the two, or give this one an id and a token of its own (was its disk or its configuration copied?)',
  3: 'the cloud is not ready to take connections',
  4: 'the cloud refused the name or the token of this gateway: check tokenFile',
  5: 'the right of this gateway to connect was taken away in the cloud (revoked): enrol it with a new token',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while sending',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now: no name server answers',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EADDRNOTAVAIL: 'this machine has no address of that kind',
  ETIMEDOUT: 'no answer',
  CERT_HAS_EXPIRED: 'the certificate of the cloud has expired (or the clock of this gateway is wrong)',
  CERT_NOT_YET_VALID: 'the certificate of the cloud is not valid yet: check the clock of this gateway',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the cloud is for another name or address',
  EPROTO: 'what answers there does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
}
