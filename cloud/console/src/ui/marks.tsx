import type { ReactNode } from 'react'

export type MarkName = 'normal' | 'offline' | 'bad' | 'stale' | 'none' | 'removed'

const size = 16

/** The shape of each state differs, so that nobody has to see its colour. The word stands beside it, always. */
const shapes: Readonly<Record<MarkName, ReactNode>> = {
  normal: <circle cx="8" cy="8" r="4.5" fill="currentColor" />,
  offline: (
    <>
      <circle cx="8" cy="8" r="5.75" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="m4 12 8-8" stroke="currentColor" strokeWidth="1.8" />
    </>
  ),
  bad: (
    <>
      <path d="M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5z" fill="currentColor" />
      <path d="m5.5 5.5 5 5m0-5-5 5" stroke="var(--panel)" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  stale: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="3" fill="currentColor" />
      <path
        d="M6 6.2C6 4.9 6.9 4 8.1 4s2.1.9 2.1 2c0 1.6-2.1 1.7-2.1 3.2"
        fill="none"
        stroke="var(--panel)"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
      <circle cx="8.1" cy="11.8" r="1" fill="var(--panel)" />
    </>
  ),
  none: (
    <circle
      cx="8"
      cy="8"
      r="5.75"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeDasharray="2.6 2"
    />
  ),
  removed: <path d="M3 8h10" stroke="currentColor" strokeWidth="2" />,
}

export function Mark({ name }: { readonly name: MarkName }) {
  return (
    <svg className={`mark mark-${name}`} viewBox={`0 0 ${size} ${size}`} aria-hidden="true">
      {shapes[name]}
    </svg>
  )
}

export type Priority = 1 | 2 | 3 | 4

const outlines: Readonly<Record<Priority, ReactNode>> = {
  1: <rect x="1.5" y="1.5" width="17" height="17" rx="1.5" />,
  2: <path d="M10 1.2 19 18.5H1z" strokeLinejoin="round" />,
  3: <path d="m10 1 9 9-9 9-9-9z" strokeLinejoin="round" />,
  4: <circle cx="10" cy="10" r="8.7" />,
}

/** ■1 ▲2 ◆3 ●4 */
export function PriorityMark({ priority }: { readonly priority: Priority }) {
  return (
    <svg className={`priority priority-${priority}`} viewBox="0 0 20 20" aria-hidden="true">
      {outlines[priority]}
      <text x="10" y={priority === 2 ? 16.5 : 14.2} textAnchor="middle">
        {priority}
      </text>
    </svg>
  )
}
