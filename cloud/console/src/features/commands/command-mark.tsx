import type { ReactNode } from 'react'
import type { CommandWords } from './command-words.ts'

const shapes: Readonly<Record<CommandWords['tone'], ReactNode>> = {
  waiting: (
    <>
      <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" strokeWidth="1.6" />
      <path d="M8 4.5V8l2.5 1.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
    </>
  ),
  good: <path d="m3 8.5 3.5 3.5L13 4.5" fill="none" stroke="currentColor" strokeWidth="2" />,
  bad: (
    <>
      <path d="M8 1.8 15 14H1z" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" />
      <path d="M8 6v4m0 1.6v.8" fill="none" stroke="currentColor" strokeWidth="1.6" />
    </>
  ),
}

/** The shape says it without the colour; the words stand beside it. */
export function CommandMark({ tone }: { readonly tone: CommandWords['tone'] }) {
  return (
    <svg className="mark" viewBox="0 0 16 16" aria-hidden="true">
      {shapes[tone]}
    </svg>
  )
}
