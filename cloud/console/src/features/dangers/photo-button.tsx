import { Button } from 'antd'
import { useId, useRef } from 'react'
import { smallPhoto } from './small-photo.ts'

export type PhotoButtonProps = {
  readonly label: string
  readonly busy?: boolean
  readonly onPhoto: (photo: Blob) => void
}

/** Opens the camera on a phone and a file dialog elsewhere. */
export function PhotoButton({ label, busy = false, onPhoto }: PhotoButtonProps) {
  const input = useRef<HTMLInputElement>(null)
  const id = useId()
  async function take(file: File | undefined): Promise<void> {
    if (file !== undefined) onPhoto(await smallPhoto(file))
  }
  return (
    <>
      <label htmlFor={id} className="sr">
        {label}
      </label>
      <input
        ref={input}
        id={id}
        className="sr"
        tabIndex={-1}
        type="file"
        accept="image/jpeg,image/png,image/*"
        capture="environment"
        onChange={(event) => {
          // A picture that can't be made smaller goes as it is: this never rejects.
          void take(event.target.files?.[0])
          event.target.value = ''
        }}
      />
      <Button loading={busy} onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  )
}
