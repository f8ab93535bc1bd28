import type { GatewayDraft } from '#contract/api/enrolment.ts'

/** What is written in the form. */
export type Draft = {
  readonly id: string
  readonly titleZh: string
  readonly titleEn: string
  readonly place: string
}

export const emptyDraft: Draft = { id: '', titleZh: '', titleEn: '', place: '' }

/** As the API wants it; `undefined` when the id is none. Pure. */
export function bodyOf({ id, titleZh, titleEn, place }: Draft): GatewayDraft | undefined {
  if (!/^[a-z0-9][a-z0-9-]{1,62}$/.test(id.trim())) return undefined
  const title = {
    ...(titleZh.trim() === '' ? {} : { zh: titleZh.trim() }),
    ...(titleEn.trim() === '' ? {} : { en: titleEn.trim() }),
  }
  return { id: id.trim(), title, ...(place === '' ? {} : { place }) }
}

/** `23:59:59`; hours go on beyond a day. Pure. */
export function countdownText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const part = (value: number) => String(value).padStart(2, '0')
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(part).join(':')
}
