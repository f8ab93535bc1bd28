// The container inside @peculiar/x509 stops at import without it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

/** A certificate and its private key, both PEM. */
export type KeyPair = { readonly cert: string; readonly key: string }

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000
const caYears = 20
const serverDays = 397
/** Certificates begin a day early: the clock of a gateway without battery may be behind. */
const earlyMs = dayMs

/** A new authority. Each signs one kind of certificate: that of the cloud, or those of gateways. */
export async function createAuthority(name: string, now: number): Promise<KeyPair> {
  const keys = await generateKeys()
  const cert = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(now - earlyMs),
    notAfter: new Date(now + caYears * 365 * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: cert.toString('pem'), key: await exportKey(keys.privateKey) }
}

/** A server certificate for these names and addresses, signed by the authority. */
export async function createServerCertificate(
  authority: KeyPair,
  hosts: readonly string[],
  now: number,
): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.cert)
  const keys = await generateKeys()
  const cert = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=campus cloud',
    issuer: issuer.subject,
    notBefore: new Date(now - earlyMs),
    notAfter: new Date(Math.min(now + serverDays * dayMs, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { cert: cert.toString('pem'), key: await exportKey(keys.privateKey) }
}

export type ClientSubject = {
  /** Becomes the common name, and with it the identity. */
  readonly name: string
  /** DER of its SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
}

export type IssuedCertificate = {
  readonly cert: string
  /** Hex, upper case, as Node shows the serial of a peer. */
  readonly serial: string
  readonly notBefore: number
  readonly notAfter: number
}

/** A certificate with which its owner may sign in as `name`, and nothing else, signed by the authority. */
export async function createClientCertificate(
  authority: KeyPair,
  { name, publicKey }: ClientSubject,
  validity: { readonly now: number; readonly lifetimeMs: number },
): Promise<IssuedCertificate> {
  const issuer = new X509Certificate(authority.cert)
  const { now, lifetimeMs } = validity
  const notBefore = wholeSecond(now - Math.min(earlyMs, lifetimeMs / 10))
  const notAfter = Math.min(wholeSecond(now + lifetimeMs), issuer.notAfter.getTime())
  const key = await webcrypto.subtle.importKey('spki', publicKey, algorithm, true, ['verify'])
  const cert = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${name}`,
    issuer: issuer.subject,
    notBefore: new Date(notBefore),
    notAfter: new Date(notAfter),
    publicKey: key,
    signingKey: await importKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(key),
      await AuthorityKeyIdentifierExtension.create(issuer),
    ],
  })
  return { cert: cert.toString('pem'), serial: cert.serialNumber.toUpperCase(), notBefore, notAfter }
}

/** Certificates count in seconds. */
function wholeSecond(at: number): number {
  return Math.floor(at / 1000) * 1000
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** Positive and unique: 126 random bits. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16))
  // Neither negative nor with a leading zero, which readers show differently.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return Buffer.from(bytes).toString('hex')
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(pem)
  if (der === undefined) throw new Error('no private key in the PEM text')
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}
