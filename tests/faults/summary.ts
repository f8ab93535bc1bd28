import type { CampaignResult } from './campaign.ts'

/** The result as a piece of Markdown, to be kept beside others. Pure. */
export function summaryOf(result: CampaignResult): string {
  const { seed, minutes, store, played, written, findings } = result
  const acts = Object.entries(played).toSorted(([one], [other]) => one.localeCompare(other))
  const lines = [
    `### ${minutes} minutes, seed ${seed}, ${store}`,
    '',
    `- values written: ${written}`,
    `- lost in the windows of kills: ${result.lostInKillWindows}`,
    `- dropped over a budget and reported: ${result.reportedAsDropped}`,
    `- kept under the time of the gateway's wrong clock: ${result.redated}`,
    `- findings: ${findings.length === 0 ? 'none' : findings.length}`,
    ...findings.map((finding) => `  - ${finding}`),
    '',
    '| fault | times |',
    '|---|---|',
    ...acts.map(([name, times]) => `| ${name} | ${times} |`),
  ]
  return `${lines.join('\n')}\n`
}
