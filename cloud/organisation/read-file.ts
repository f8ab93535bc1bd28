import type { TreeProblem } from '#contract/api/tree.ts'
import { readCsv } from './tree-csv.ts'
import type { FileContent } from './tree-file.ts'
import { readYaml } from './tree-yaml.ts'

export type FileFormat = 'csv' | 'yaml'

/** Bytes of a file as entries; what cannot be read is a problem. Pure. */
export function readFile(format: FileFormat, bytes: Uint8Array): FileContent {
  // Excel in Chinese saves a CSV in GB 18030 unless it is told otherwise; as UTF-8 such bytes are not valid.
  const text = decode('utf-8', bytes) ?? (format === 'csv' ? decode('gb18030', bytes) : undefined)
  if (text === undefined) {
    const problem: TreeProblem = { code: 'file-encoding', params: {} }
    return { entries: [], speaksOf: new Set(), problems: [problem] }
  }
  return format === 'csv' ? readCsv(text) : readYaml(text)
}

function decode(encoding: 'utf-8' | 'gb18030', bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
