import type { ReactNode } from 'react'

export type FileButtonProps = {
  readonly accept: string
  readonly onChoose: (file: File) => void
  readonly children: ReactNode
}

/** A button that takes a file: the browser's own one speaks the browser's language. */
export function FileButton({ accept, onChoose, children }: FileButtonProps) {
  return (
    <label className="file-button">
      {children}
      <input
        className="sr"
        type="file"
        accept={accept}
        onChange={({ target }) => {
          const file = target.files?.[0]
          if (file !== undefined) onChoose(file)
        }}
        // The same file again, after it was corrected, is a choice as well.
        onClick={({ currentTarget }) => {
          currentTarget.value = ''
        }}
      />
    </label>
  )
}
