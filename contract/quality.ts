/**
 * Quality of a sample. The three words are Sparkplug B's (good 192, bad 0, stale 500; Sparkplug 3.0.0 § 6.4.20);
 * 1 to 15 are bad with a reason, so that "bad" is always `code < 16`.
 */
export const qualityCodes = {
  good: 192,
  bad: 0,
  'bad:missing': 1,
  'bad:range': 2,
  'bad:map': 3,
  'bad:link': 4,
  'bad:timeout': 5,
  'bad:refused': 6,
  'bad:decode': 7,
  stale: 500,
} as const

export type QualityDetail = keyof typeof qualityCodes
export type Quality = 'good' | 'bad' | 'stale'
export type QualityCode = (typeof qualityCodes)[QualityDetail]

export const good = qualityCodes.good
export const stale = qualityCodes.stale

const details = new Map<number, QualityDetail>(
  Object.entries(qualityCodes).map(([detail, code]) => [code, detail as QualityDetail]),
)

export function isQualityCode(code: number): code is QualityCode {
  return details.has(code)
}

/** The word for a code; anything unknown counts as bad. */
export function qualityOf(code: number): Quality {
  if (code === good) return 'good'
  return code === stale ? 'stale' : 'bad'
}

/** What follows the colon in `bad:missing`, where there is something. */
export function qualityReason(code: number): string | undefined {
  return details.get(code)?.split(':')[1]
}
