import { type RefObject, useState } from 'react'

export type Copied = 'no' | 'yes' | 'failed'

/**
 * Copies what is in the field. Browsers give the clipboard to pages under https only; elsewhere the old way is tried, and when
 * that fails too the text is marked, for the reader's own Ctrl+C.
 */
export function useCopy(field: RefObject<HTMLTextAreaElement | null>): readonly [Copied, () => void] {
  const [copied, setCopied] = useState<Copied>('no')
  async function copy(): Promise<void> {
    const area = field.current
    if (area === null) return
    area.focus()
    area.select()
    try {
      await navigator.clipboard.writeText(area.value)
      setCopied('yes')
    } catch {
      setCopied(document.execCommand('copy') ? 'yes' : 'failed')
    }
  }
  return [copied, () => void copy()]
}
