/** What goes into a row: bounded, and without secrets. */

const maxJson = 4_000
const secretName =
  /pass(word|phrase|wd|code)|secret|token|authorization|cookie|credential|(private|api).?key|^(key|pin|psk)$/i

/** JSON of `before` and `after`; an empty text when there is none. What is too long is cut and says so. Pure. */
export function recordedJson(value: unknown): string {
  const json = JSON.stringify(value, withoutSecrets)
  if (json === undefined) return ''
  if (json.length <= maxJson) return json
  return JSON.stringify({ cut: json.slice(0, maxJson / 2).toWellFormed(), length: json.length })
}

function withoutSecrets(name: string, value: unknown): unknown {
  if (secretName.test(name)) return '[redacted]'
  // rtsp://user:password@camera
  return typeof value === 'string' ? value.replace(/\/\/\S*@/g, '//[redacted]@') : value
}

/** A text of outside: as long as it may be, and nothing in it that a store or a terminal could stumble over. Pure. */
export function recordedText(text: string, maxLength: number): string {
  return text
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\ufffd')
}
