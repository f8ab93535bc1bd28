import { Type } from 'typebox'
import { Check } from 'typebox/schema'
import { failedFor, type Outcome } from './sender.ts'

export type RobotAnswer = { readonly errcode: number; readonly errmsg: string }

const RobotAnswerShape = Type.Object({ errcode: Type.Integer(), errmsg: Type.String() })

/** Both say in a 200 whether they did it. An answer of another form is not theirs: a portal, a proxy. */
export function errcodeOf(body: string, outcomeOf: (answer: RobotAnswer) => Outcome): Outcome {
  const answer = parsed(body)
  return Check(RobotAnswerShape, answer)
    ? outcomeOf(answer)
    : failedFor('refused', `not an answer of a robot: ${body}`)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
