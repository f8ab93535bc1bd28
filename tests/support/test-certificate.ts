// The container inside @peculiar/x509 stops at import without it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export type TestCertificate = { readonly key: string; readonly cert: string }

/** A certificate that signs itself, for the loopback addresses, or for others: then it does not fit. PEM. */
export async function testCertificate(names?: readonly string[]): Promise<TestCertificate> {
  cryptoProvider.set(webcrypto as never)
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const fits = [
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ] as const
  const subjects = names === undefined ? [...fits] : names.map((value) => ({ type: 'dns' as const, value }))
  const dayMs = 86_400_000
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test cloud',
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + dayMs),
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new BasicConstraintsExtension(true), new SubjectAlternativeNameExtension(subjects)],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`
  return { key, cert: certificate.toString('pem') }
}
