import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export type ReceivedMail = { readonly to: readonly string[]; readonly text: string; readonly secure: boolean }

/** A real mail server that keeps what it gets; `refuse` gives the answer to RCPT instead of taking it. */
export async function startMailServer(
  options: SMTPServerOptions & {
    port?: number
    refuse?: (address: string) => { code: number; text: string } | undefined
  } = {},
) {
  const mails: ReceivedMail[] = []
  const { port = 0, refuse, ...rest } = options
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo({ address }, _session, done) {
      const refusal = refuse?.(address)
      if (refusal === undefined) return done()
      done(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        mails.push({ to, text: Buffer.concat(parts).toString(), secure: session.secure })
        done()
      })
    },
    ...rest,
  })
  // A client that goes away in the middle is part of the test.
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
