import { Adaptive } from './adaptive.ts'
import { firstGuess } from './column-codes.ts'

/** What both sides learn while they go through the groups of one message. */
export function structureStates() {
  return {
    device: new Adaptive(firstGuess.device),
    tickCount: new Adaptive(firstGuess.tickCount),
    firstTime: new Adaptive(firstGuess.firstTime),
    time: new Adaptive(firstGuess.time),
    periods: new Adaptive(firstGuess.periods),
    jitter: new Adaptive(firstGuess.jitter),
    cell: new Adaptive(firstGuess.cell),
  }
}
