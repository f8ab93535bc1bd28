/** What a technician is given to enrol a gateway. */
export type EnrolmentCode = {
  /** `mqtts://campus.example:8883` */
  readonly url: string
  readonly token: string
  /** SHA-256 of the certificate to trust, hex, lower case; without it the system's authorities are trusted. */
  readonly caFingerprint?: string
}

export type ParsedCode =
  | { readonly ok: true; readonly code: EnrolmentCode }
  | { readonly ok: false; readonly problem: string }

const shape = /^(mqtts:\/\/[^/\s]+)\/([\w-]{16,200})(?:\/([0-9a-f]{64}))?$/

/** `mqtts://host:8883/<token>/<fingerprint>`, as the console shows it. Pure. */
export function parseEnrolmentCode(text: string): ParsedCode {
  const [, url, token, caFingerprint] = shape.exec(text.trim()) ?? []
  if (url === undefined || token === undefined || !URL.canParse(url)) {
    const expected = 'mqtts://<host>:<port>/<token>/<fingerprint>'
    return { ok: false, problem: `expected ${expected}, all of the text that the console shows` }
  }
  return { ok: true, code: { url, token, ...(caFingerprint === undefined ? {} : { caFingerprint }) } }
}

/** `AB:CD:…` as other tools show it, or without colons. Pure. */
export function plainFingerprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase()
}
