import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Alarm, Person } from '#contract/api/alarms.ts'
import { ApiError } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { mergeAlarmInto } from '../../live/merge-event.ts'
import { type Act, ackMany, doAct } from './alarm-api.ts'

/** What became of the last thing that was done with an alarm; nothing is shown as done before the server says so. */
export type Outcome =
  | { readonly kind: 'sending' }
  /** Somebody was first. Not an error. */
  | { readonly kind: 'first'; readonly by: Person; readonly at: string }
  | { readonly kind: 'failed'; readonly error: unknown }

export type Acts = ReturnType<typeof useActs>

export function useActs() {
  const queries = useQueryClient()
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map())

  function say(ids: readonly string[], outcome: Outcome | undefined): void {
    setOutcomes((known) => {
      const next = new Map(known)
      for (const id of ids) {
        if (outcome === undefined) next.delete(id)
        else next.set(id, outcome)
      }
      return next
    })
  }
  function done(alarm: Alarm): void {
    mergeAlarmInto(queries, alarm)
    // The history has grown, by whoever it was.
    void queries.invalidateQueries({ queryKey: [keys.alarms, 'one', alarm.id] })
    say([alarm.id], undefined)
  }

  /** Resolves true when the server has done it. */
  async function act(id: string, what: Act): Promise<boolean> {
    say([id], { kind: 'sending' })
    try {
      done(await doAct(id, what))
      return true
    } catch (error) {
      say([id], outcomeOf(error))
      void queries.invalidateQueries({ queryKey: [keys.alarms] })
      return false
    }
  }

  /** Exactly these, each with its own outcome. */
  async function ack(ids: readonly string[]): Promise<void> {
    const [only] = ids
    if (only === undefined) return
    if (ids.length === 1) {
      await act(only, { act: 'ack', body: {} })
      return
    }
    say(ids, { kind: 'sending' })
    try {
      for (const { id, alarm, code, message = '', details } of (await ackMany(ids)).results) {
        if (alarm !== undefined) done(alarm)
        else
          say([id], outcomeOf(new ApiError((code ?? 'UNEXPECTED') as ApiError['code'], { message, details })))
      }
    } catch (error) {
      say(ids, { kind: 'failed', error })
    }
  }

  return { outcomes, act, ack, forget: (id: string) => say([id], undefined) }
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof ApiError && error.code === 'CONFLICT') {
    const { by, at } = (error.details ?? {}) as { by?: Person; at?: string }
    if (by !== undefined && at !== undefined) return { kind: 'first', by, at }
  }
  return { kind: 'failed', error }
}
