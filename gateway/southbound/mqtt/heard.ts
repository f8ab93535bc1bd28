import type { Reading } from '../driver.ts'
import type { PayloadProblem } from './decode-payload.ts'

export type PayloadRefusal = PayloadProblem | 'duplicate' | 'availability-word'

/** What one message says to one of its topics. */
export type Heard = {
  readonly ok: true
  readonly readings: readonly Reading[]
  readonly history: readonly Reading[]
  readonly ownTime?: number
}
export type Refused = { readonly ok: false; readonly reason: PayloadRefusal; readonly at?: string }
