import { expect, test } from 'vitest'
import {
  actionsOf,
  type LifeEvent,
  type LifeState,
  lifeEvents,
  lifeStates,
  next,
  overlays,
  tabOf,
} from './alarm-life.ts'

/** ISA-18.2 as in the standards digest § 5.1, letters A to F. What is not here is ignored or refused, as said below. */
const [A, B, C, D, E, F] = lifeStates
type Move = readonly [from: LifeState, event: LifeEvent, to: LifeState, calls?: 'new' | 'again']

const standard: readonly Move[] = [
  [A, 'raise', B, 'new'],
  [B, 'ack', C],
  [B, 'clear', D],
  [C, 'clear', A],
  [D, 'raise', B, 'new'],
  [D, 'ack', A],
  [C, 'realarm', B, 'again'],
]
const latched: readonly Move[] = [
  ...standard.filter(([from, event]) => !(event === 'clear' && (from === B || from === C))),
  [B, 'clear', E],
  [E, 'ack', F],
  [C, 'clear', F],
  [F, 'reset', A],
]
/** Not in the standard's diagram: what latches comes again, and what the end of an overlay (G, H, I) finds. */
const ours: readonly Move[] = [
  [E, 'raise', B, 'new'],
  [F, 'raise', B, 'new'],
  [E, 'ack', F],
  [F, 'reset', A],
  [B, 'reveal', B, 'new'],
  [C, 'reveal', B, 'new'],
  [D, 'reveal', A],
]
/** A person is told that it cannot be; a gateway, a timer and the clock are not. */
const refuses: ReadonlySet<LifeEvent> = new Set(['ack', 'reset'])

const cells = lifeStates.flatMap((state) =>
  lifeEvents.flatMap((event) => [false, true].map((latching) => ({ state, event, latching }))),
)

test.each(cells)('$state, $event, latching $latching', ({ state, event, latching }) => {
  const moves = [...(latching ? latched : standard), ...ours]
  const move = moves.find(([from, what]) => from === state && what === event)
  const expected =
    move === undefined
      ? refuses.has(event)
        ? 'refused'
        : 'ignored'
      : { to: move[2], ...(move[3] === undefined ? {} : { calls: move[3] }) }
  expect(next(state, event, { latching, told: true })).toEqual(expected)
})

test.each([false, true])(
  'what nobody was called for needs nobody when it is over, latching %s',
  (latching) => {
    for (const state of [B, C]) expect(next(state, 'clear', { latching, told: false })).toEqual({ to: A })
  },
)

const standings = lifeStates.flatMap((life) =>
  [undefined, ...overlays].flatMap((overlay) =>
    [false, true].flatMap((isAcknowledged) =>
      [false, true].map((isClosed) => ({ life, overlay, isAcknowledged, isClosed })),
    ),
  ),
)

test('what is hidden is listed apart; nothing that waits for somebody is history', () => {
  for (const standing of standings) {
    const { life, overlay, isAcknowledged, isClosed } = standing
    const isOver = life === A && (isClosed || !isAcknowledged)
    const tab = tabOf(standing)
    expect([standing, tab === 'shelved', tab === 'history']).toEqual([
      standing,
      overlay !== undefined,
      overlay === undefined && isOver,
    ])
  }
})

test('nobody shelves what lives depend on, and who only looks does nothing', () => {
  for (const standing of standings) {
    const alarm = { ...standing, lifeSafety: true, isPending: true }
    expect(actionsOf(alarm, { handle: true, approve: true })).toMatchObject({ shelve: false, approve: true })
    expect(Object.values(actionsOf(alarm, { handle: false, approve: false }))).not.toContain(true)
  }
})
