/** The title of a suite that cannot run here. The reporter finds it by this, and names it at the end of the run. */
export function skippedTitle(title: string, reason: string): string {
  return `${title} (skipped: ${reason}; npm run setup:debian)`
}

export function isSkippedTitle(title: string): boolean {
  return /\(skipped: .+; npm run setup:debian\)$/.test(title)
}

export type SkippedSuite = { readonly file: string; readonly title: string }

/** What a reader sees after the summary: nothing when everything ran, else one line per suite. */
export function skippedReport(suites: readonly SkippedSuite[]): string {
  if (suites.length === 0) return ''
  const lines = suites.map(({ file, title }) => `  ${file}: ${title}\n`).sort()
  return `Suites that did not run: ${suites.length}\n${lines.join('')}`
}
