import type { BusAdvice, BusReport, BusUnitReport } from '#contract/bus-report.ts'

type Facts = Omit<BusReport, 'advice'> & { readonly problems: readonly UnitProblem[] }
/** What the preparation of a unit found. */
export type UnitProblem = {
  readonly unit: number
  readonly code: 'unit_misfit' | 'setup_missing'
  readonly device: string
  readonly text: string
}

/** Below this many requests a share of errors says nothing. */
const enough = 20
const full01 = 0.8
const disturbed01 = 0.01
const slowMs = 200

/** What a person should do, most urgent first. Pure. */
export function adviceFor(facts: Facts): BusAdvice[] {
  if (!facts.connected) return [busDown(facts)]
  return [
    ...facts.problems.map(problemAdvice),
    ...facts.units.flatMap(unitAdvice),
    ...loadAdvice(facts),
    ...talkers(facts),
  ]
}

function busDown({ address }: Facts): BusAdvice {
  return {
    code: 'bus_down',
    text: {
      zh: `无法连接 ${address}。请检查电源、网线或串口,以及地址是否正确。`,
      en: `Nothing can be reached at ${address}. Check power, cable and address.`,
    },
  }
}

function problemAdvice({ unit, code, device, text }: UnitProblem): BusAdvice {
  const words = {
    unit_misfit: { zh: '与所选设备模板不符', en: 'is not what its profile describes' },
    setup_missing: { zh: '缺少一次性设置', en: 'lacks a one-time setting' },
  }[code]
  return {
    code,
    unit,
    text: { zh: `设备 ${device} ${words.zh}:${text}`, en: `Device ${device} ${words.en}: ${text}` },
  }
}

function unitAdvice(one: BusUnitReport): BusAdvice[] {
  const { unit } = one
  const found: BusAdvice[] = []
  const say = (code: BusAdvice['code'], zh: string, en: string) =>
    found.push({ code, unit, text: { zh, en } })
  if (one.state === 'silent' && one.answers === 0 && one.lateAnswers === 0) {
    say(
      'unit_never_answered',
      `单元 ${unit} 从未应答。请检查接线(A/B 是否接反)、设备地址、波特率和校验位。`,
      `Unit ${unit} has never answered. Check wiring (A and B swapped?), unit number, baud rate and parity.`,
    )
  } else if (one.state === 'silent') {
    say(
      'unit_silent',
      `单元 ${unit} 曾经应答,现在无应答。请检查设备电源和接线。`,
      `Unit ${unit} used to answer and does not now. Check its power and its cable.`,
    )
  }
  if (one.lateAnswers > 0) {
    say(
      'unit_late',
      `单元 ${unit} 有 ${one.lateAnswers} 次应答超过等待时间。请在设备模板中增大 timing.timeout_ms。`,
      `Unit ${unit} answered ${one.lateAnswers} times after it was given up. Raise timing.timeout_ms in its profile.`,
    )
  }
  if (isDisturbed(one)) {
    const percent = percentOf(one.crcErrors + one.malformed, one.requests)
    say(
      'unit_disturbed',
      `单元 ${unit} 有 ${percent} % 的应答损坏。请检查终端电阻、屏蔽层、线缆长度,以及地址是否重复。`,
      `${percent} % of the answers of unit ${unit} are damaged. Check termination, shield and length of the cable, and whether two devices have this number.`,
    )
  }
  if (one.parked.length > 0) {
    const points = `${one.parked.slice(0, 5).join(', ')}${one.parked.length > 5 ? ' …' : ''}`
    say(
      'unit_refuses',
      `单元 ${unit} 不支持 ${one.parked.length} 个点:${points}。请选择合适的型号或变体。`,
      `Unit ${unit} refuses ${one.parked.length} points: ${points}. Choose the model or variant that fits.`,
    )
  }
  if ((one.roundTripMs?.p95 ?? 0) > slowMs && one.answers >= enough) {
    const p95 = Math.round(one.roundTripMs?.p95 ?? 0)
    say(
      'unit_slow',
      `单元 ${unit} 应答较慢(95 % 在 ${p95} ms 内),会拖慢整条总线。请降低其轮询频率或移到单独的总线。`,
      `Unit ${unit} is slow (95 % within ${p95} ms) and holds up the others. Poll it less often, or give it a bus of its own.`,
    )
  }
  return found
}

function isDisturbed({ crcErrors, malformed, requests }: BusUnitReport): boolean {
  return requests >= enough && crcErrors + malformed > requests * disturbed01
}

function loadAdvice({ load, overruns }: Facts): BusAdvice[] {
  const found: BusAdvice[] = []
  const busy = Math.max(load.measured, load.planned)
  if (busy > full01) {
    const percent = Math.round(busy * 100)
    found.push({
      code: 'bus_full',
      text: {
        zh: `总线已占用 ${percent} %。请降低轮询频率、提高波特率,或将设备分到多条总线。`,
        en: `The bus is ${percent} % busy. Poll less often, raise the baud rate, or spread the devices over more buses.`,
      },
    })
  }
  if (overruns > 0) {
    found.push({
      code: 'beats_missed',
      text: {
        zh: `有 ${overruns} 次读取因总线过慢而未进行。`,
        en: `${overruns} reads did not take place because the bus was too slow.`,
      },
    })
  }
  return found
}

function talkers({ unsolicited, requests }: Facts): BusAdvice[] {
  if (unsolicited <= Math.max(3, requests * disturbed01)) return []
  return [
    {
      code: 'other_talkers',
      text: {
        zh: `总线上有 ${unsolicited} 次无人请求的报文:可能有另一个主站,或会主动广播的面板。请将其移到单独的总线。`,
        en: `Somebody spoke ${unsolicited} times without being asked: another master, or a panel that broadcasts. Give it a bus of its own.`,
      },
    },
  ]
}

function percentOf(part: number, whole: number): string {
  return ((part / Math.max(1, whole)) * 100).toFixed(1)
}
