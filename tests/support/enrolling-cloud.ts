import 'reflect-metadata'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { createClientCertificate } from '#cloud/tls/certificates.ts'
import { testCertificate } from './test-certificate.ts'
import { createTestAuthority } from './test-identity.ts'

/** `issue`: a certificate for the key of the request, good for a day. */
export type Answer = 'lost' | 'issue' | { readonly status: number; readonly body: string }

/** A cloud that shows this certificate and gives these answers, one after the other. */
export async function startEnrollingCloud(answers: readonly Answer[], names?: readonly string[]) {
  const { key, cert } = await testCertificate(names)
  const asked: { token: string; csr: string }[] = []
  const options: ServerOptions = { key, cert, ALPNProtocols: ['http/1.1'] }
  const server = createServer(options, async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const answer = answers[asked.length] ?? 'lost'
    asked.push(JSON.parse(text))
    if (answer === 'lost') request.socket.destroy()
    else if (answer === 'issue') response.end(await issue(asked.at(-1)?.csr ?? ''))
    else response.writeHead(answer.status).end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fingerprint = createHash('sha256').update(new X509Certificate(cert).raw).digest('hex')
  return {
    asked,
    cert,
    code: {
      url: `mqtts://127.0.0.1:${(server.address() as AddressInfo).port}`,
      caFingerprint: fingerprint,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const dayMs = 86_400_000

async function issue(csr: string): Promise<string> {
  const request = new Pkcs10CertificateRequest(csr)
  const gateway = request.subject.replace('CN=', '')
  const subject = { name: gateway, publicKey: new Uint8Array(request.publicKey.rawData) }
  const validity = { now: Date.now(), lifetimeMs: dayMs }
  const { cert } = await createClientCertificate(await createTestAuthority(), subject, validity)
  return JSON.stringify({ gateway, certificate: cert })
}
