import { createTransport } from 'nodemailer'
import { emailMessage } from './email-message.ts'
import { failedFor, type Outcome, refused, type Sender, sent } from './sender.ts'

export type SmtpOptions = {
  readonly host: string
  readonly port: number
  /** `tls` from the first byte, `starttls` or nothing is sent, `none` only inside the own network. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly login: { readonly user: string; readonly pass: string } | undefined
  /** PEM of the authority that the server's certificate is from, where it is not a public one. */
  readonly ca: string | undefined
  readonly from: string
}

export type EmailTarget = { readonly address: string }

/** Mail by SMTP. Closing ends the connections that wait for the next one. */
export class EmailSender implements Sender<EmailTarget>, Disposable {
  readonly #from: string
  readonly #transport: ReturnType<typeof transportOf>

  constructor(options: SmtpOptions) {
    this.#from = options.from
    this.#transport = transportOf(options)
  }

  async send(
    message: Parameters<Sender<EmailTarget>['send']>[0],
    { address }: EmailTarget,
    signal: AbortSignal,
  ) {
    const mail = emailMessage(message, { from: this.#from, to: address })
    const late = Promise.withResolvers<Outcome>()
    const onAbort = () => late.resolve(failedFor('timeout', 'no answer in time'))
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      const done = this.#transport.sendMail(mail).then(() => sent, smtpOutcome)
      return await Promise.race([done, late.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  [Symbol.dispose](): void {
    this.#transport.close()
  }
}

const connectMs = 10_000

function transportOf({ host, port, security, login, ca }: SmtpOptions) {
  return createTransport({
    host,
    port,
    pool: true,
    maxConnections: 2,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(login === undefined ? {} : { auth: login }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: connectMs,
    // What we send holds text alone; nothing may be read from a file or another server.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

/** 4xx may do better later, 5xx will not (RFC 5321 §4.2.1), except where the login is wrong: that gets mended here. Pure. */
export function smtpOutcome(error: unknown): Outcome {
  const { code = '', responseCode = 0, response = '', message = '' } = error as SmtpError
  if (code === 'EAUTH' || responseCode === 530 || responseCode === 535)
    return failedFor('refused', response || message)
  if (responseCode >= 500) return refused('refused', response || message)
  if (responseCode >= 400) return failedFor('refused', response || message)
  return failedFor('unreachable', `${code} ${message}`)
}

type SmtpError = {
  readonly code?: string
  readonly responseCode?: number
  readonly response?: string
  readonly message?: string
}
