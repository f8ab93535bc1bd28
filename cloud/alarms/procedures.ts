import { pointKind } from '#contract/point-vocabulary.ts'
import type { LocalText } from '#contract/text.ts'
import type { StoredAlarm } from './stored-alarm.ts'

export type Procedure = readonly { readonly id: string; readonly title: LocalText }[]
export type ProcedureOf = (alarm: Pick<StoredAlarm, 'point' | 'life_safety'>) => Procedure

const step = (id: string, zh: string, en: string) => ({ id, title: { zh, en } })

const look = step('look', '查看画面和现场，确认是否真实', 'Look at the picture and the place: is it real?')
const tell = step('tell', '报告值班长', 'Tell the duty lead')
const record = step('record', '记录经过和结果', 'Write down what happened and how it ended')

const fire: Procedure = [
  look,
  step('call-119', '确认火情立即拨打 119', 'If it burns, call 119 at once'),
  step('evacuate', '启动疏散，打开逃生通道', 'Start the evacuation, open the ways out'),
  tell,
  step('meet', '到校门口接应消防车', 'Meet the fire engines at the gate'),
  record,
]
const gas: Procedure = [
  step('no-spark', '不开关电器，不用明火', 'Switch nothing on or off, no flames'),
  step('valve', '关闭燃气总阀', 'Close the main gas valve'),
  step('air', '开窗通风，疏散人员', 'Open the windows, get everybody out'),
  tell,
  record,
]
const help: Procedure = [
  look,
  step('go', '两人以上赶赴现场', 'Go there, at least two of you'),
  step('call-110', '需要时拨打 110、120', 'Call 110 or 120 when needed'),
  step('gate', '控制出入口', 'Hold the gates'),
  tell,
  record,
]
const water: Procedure = [
  step('stop', '关闭阀门', 'Close the valve'),
  step('power', '切断附近电源', 'Cut the power nearby'),
  tell,
  record,
]
const usual: Procedure = [look, step('mend', '排除故障或报修', 'Mend it, or have it mended'), record]

/** By what the point measures. Our own words, to be replaced by those of the school's plan. */
const byKind: Readonly<Record<string, Procedure>> = {
  smoke: fire,
  'fire.manual': fire,
  'gas.alarm': gas,
  ch4: gas,
  co: gas,
  panic: help,
  leak: water,
}

/** Pure. */
export const procedureOf: ProcedureOf = ({ point, life_safety }) => {
  const kind = pointKind(point.slice(point.indexOf('/') + 1))?.row ?? ''
  return byKind[kind] ?? (life_safety === 1 ? help : usual)
}

export function isProcedureStep(procedure: Procedure, id: string): boolean {
  return procedure.some((one) => one.id === id)
}
