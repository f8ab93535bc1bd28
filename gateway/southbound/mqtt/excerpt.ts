/** What is looked at for secrets: one that begins in the excerpt ends in here, or is cut with it. */
const lookedAt = 2_000
const longest = 60

/** The value after a name that tells a secret or whose card it was, in JSON, in a query or in plain words. */
const secret =
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|psk|(?:api|app|nwk|net|wifi|enc(?:ryption)?|private|access)[-_ ]?s?[-_ ]?key|auth\w*|credentials?|pin(?:[-_ ]?code)?|uid)["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&}\]]+)/gi

/** The beginning of a payload for people: one line, printable, without the values of what looks like a secret. Pure. */
export function excerptOf(payload: Uint8Array): string {
  const text = Buffer.from(payload.subarray(0, lookedAt)).toString('utf8')
  const safe = text.replace(secret, '$1***').replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '·')
  return [...safe].slice(0, longest).join('')
}
