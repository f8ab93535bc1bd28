import { readFileSync } from 'node:fs'

/** What one process has cost so far, as the kernel counts it. Linux only. */
export type ProcessCost = { readonly cpuS: number; readonly rssBytes: number; readonly peakRssBytes: number }

/** Every Linux tells user space that it counts in hundredths of a second. */
const ticksPerS = 100

export function processCost(pid: number): ProcessCost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name before the fields may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / ticksPerS,
    rssBytes: kilobytes(status, 'VmRSS'),
    peakRssBytes: kilobytes(status, 'VmHWM'),
  }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
}
