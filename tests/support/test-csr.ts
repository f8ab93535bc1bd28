import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const p384 = { ...p256, namedCurve: 'P-384' } as const
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const
const kinds = { p256, p384, rsa }

export type TestKey = { readonly keys: webcrypto.CryptoKeyPair; readonly pem: string }

export async function testKey(kind: keyof typeof kinds = 'p256'): Promise<TestKey> {
  const keys = (await webcrypto.subtle.generateKey(kinds[kind], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { keys, pem: PemConverter.encode(pkcs8, PemConverter.PrivateKeyTag) }
}

/** A certificate request as a gateway would make it. */
export async function testCsr(name: string, { keys }: TestKey): Promise<string> {
  const signingAlgorithm = keys.privateKey.algorithm.name === 'ECDSA' ? p256 : rsa
  const request = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm })
  return request.toString('pem')
}
