import type { Admission } from '#cloud/enrolment/admission.ts'
import { GatewayRepository } from '#cloud/gateways/gateway-repository.ts'
import type { Login, LoginVerdict } from '#cloud/ingest/message-source.ts'
import type { Database } from '#cloud/state/database.ts'
import { isToken } from './load-cloud-config.ts'

export type GatewayLoginOptions = {
  readonly db: Database
  readonly admission: Pick<Admission, 'admit'>
  readonly log: { info(fields: object, message: string): void }
}

/** Lets gateways in by the certificate they were enrolled with, or by the token of the configuration. */
export function gatewayLogin({ db, admission, log }: GatewayLoginOptions) {
  return async ({ gateway, token, certificate }: Login): Promise<LoginVerdict> => {
    if (certificate !== undefined) {
      const verdict = await admission.admit(certificate)
      if (verdict !== 'good') log.info({ ...certificate, verdict }, 'certificate of a gateway refused')
      return verdict === 'good' ? 'welcome' : 'revoked'
    }
    const { good, refused } = await new GatewayRepository(db).tokenHash(gateway)
    if (isToken(token, good)) return 'welcome'
    return isToken(token, refused) ? 'revoked' : 'unknown'
  }
}
