import type { ReactNode } from 'react'

/** Names and values side by side. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className="facts panel">{children}</dl>
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
