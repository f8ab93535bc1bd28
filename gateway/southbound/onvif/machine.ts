import type { Machine } from '#contract/catalogue.ts'
import type { CameraInformation } from './camera-client.ts'

/** What the camera says that it is, as far as it says anything. Its words are a stranger's: short, and nothing that moves a cursor. */
export function machineOf({ manufacturer, model, serial, firmware }: CameraInformation): Machine {
  const said = Object.entries({ maker: manufacturer, model, serial, firmware }).map(
    ([name, text]) => [name, text.replace(/\p{C}/gu, ' ').trim().slice(0, 100)] as const,
  )
  return Object.fromEntries(said.filter(([, text]) => text !== ''))
}
