import { useState } from 'react'
import type { Alarm } from '#contract/api/alarms.ts'

/**
 * Nothing moves under the pointer: while it is over the list, new alarms wait behind a line that counts them. Priority 1 and
 * what lives depend on come at once.
 */
export function useHeldRows(alarms: readonly Alarm[]) {
  const [known, setKnown] = useState<ReadonlySet<string>>()
  const shown =
    known === undefined ? alarms : alarms.filter((alarm) => known.has(alarm.id) || isUrgent(alarm))
  const hold = () => setKnown(new Set(alarms.map(({ id }) => id)))
  return {
    shown,
    waiting: alarms.length - shown.length,
    release: hold,
    pointer: {
      onPointerEnter: (event: { readonly pointerType: string }) => {
        // A finger that is lifted never leaves.
        if (event.pointerType === 'mouse') hold()
      },
      onPointerLeave: () => setKnown(undefined),
    },
  }
}

function isUrgent({ priority, lifeSafety }: Alarm): boolean {
  return priority === 1 || lifeSafety
}
