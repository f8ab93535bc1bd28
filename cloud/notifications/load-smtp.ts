import type { Path } from '#lib/explain.ts'
import { besideConfig, readSecretFile } from '#lib/load-config.ts'
import type { SmtpOptions } from './channels/email-sender.ts'
import type { NotificationsConfig } from './notifications-config.ts'

type Note = (path: Path, message: string) => void

/** The mail server of the configuration with the files that it names. Every problem goes to `note`. */
export async function loadSmtp(
  file: string,
  smtp: NotificationsConfig['smtp'],
  note: Note,
): Promise<SmtpOptions | undefined> {
  if (smtp === undefined) return undefined
  const { host, port, security, from, user, password, passwordFile, caFile } = smtp
  const at = (key: string): Path => ['notifications', 'smtp', key]
  if (password !== undefined && passwordFile !== undefined)
    note(at('passwordFile'), 'a password or a passwordFile, not both')
  if ((user === undefined) !== (password === undefined && passwordFile === undefined))
    note(at('user'), 'user and passwordFile go together')
  if (user !== undefined && security === 'none')
    note(at('security'), 'a password is not sent without TLS: use tls or starttls')
  const read = (key: string, name: string) =>
    readSecretFile(file, name).catch((error: NodeJS.ErrnoException) => {
      note(at(key), `cannot read ${besideConfig(file, name)} (${error.code ?? error.message})`)
      return ''
    })
  const pass = passwordFile === undefined ? password : await read('passwordFile', passwordFile)
  const ca = caFile === undefined ? undefined : await read('caFile', caFile)
  return {
    host,
    port,
    security,
    from,
    ca,
    login: user === undefined ? undefined : { user, pass: pass ?? '' },
  }
}
