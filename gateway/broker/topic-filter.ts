/** MQTT 3.1.1 § 4.7. `filter` and `topic` must be well formed; see `isFilter`. */
export function topicMatches(filter: string, topic: string): boolean {
  const want = filter.split('/')
  const have = topic.split('/')
  // § 4.7.2: a wildcard at the front does not reach topics that start with $.
  if (topic.startsWith('$') && (want[0] === '#' || want[0] === '+')) return false
  for (const [index, part] of want.entries()) {
    if (part === '#') return true
    if (index >= have.length) return false
    if (part !== '+' && part !== have[index]) return false
  }
  return want.length === have.length
}

/** True when every topic that `asked` can match is also matched by `allowed`. */
export function filterCovers(allowed: string, asked: string): boolean {
  const may = allowed.split('/')
  const want = asked.split('/')
  if (asked.startsWith('$') && (may[0] === '#' || may[0] === '+')) return false
  for (const [index, part] of may.entries()) {
    if (part === '#') return true
    const other = want[index]
    if (other === undefined || other === '#') return false
    if (part !== '+' && part !== other) return false
  }
  return may.length === want.length
}

/** `#` only as the last level, wildcards only as whole levels, no NUL, not empty. */
export function isFilter(text: string): boolean {
  if (text === '' || text.length > 1024 || text.includes('\0')) return false
  const parts = text.split('/')
  return parts.every((part, index) => {
    if (part === '#') return index === parts.length - 1
    return part === '+' || !/[+#]/.test(part)
  })
}
