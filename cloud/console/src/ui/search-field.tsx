import { Input } from 'antd'
import { useEffect, useState } from 'react'

const typingPauseMs = 300

export type SearchFieldProps = {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Searches while one types, after a short pause. Follows the address when that changes by another way. */
export function SearchField({ label, placeholder, value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    setKnown(value)
    if (text.trim() !== value) setText(value)
  }
  const wanted = text.trim()
  useEffect(() => {
    if (wanted === value) return
    const timer = setTimeout(() => onChange(wanted), typingPauseMs)
    return () => clearTimeout(timer)
  })
  return (
    <Input
      type="search"
      className="search-field"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      maxLength={100}
    />
  )
}
