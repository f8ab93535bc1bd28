import { type ReactNode, useEffect, useId, useRef } from 'react'

export type DialogProps = {
  readonly title: string
  /** Escape, as well as whatever among the children says no. */
  readonly onCancel: () => void
  readonly children: ReactNode
}

/**
 * The browser's own dialog: it keeps the focus inside, Escape means no, and it needs no style of its own making, which the
 * security policy forbids.
 */
export function Dialog({ title, onCancel, children }: DialogProps) {
  const heading = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog
      ref={dialog}
      className="confirm"
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault()
        onCancel()
      }}
    >
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  )
}
