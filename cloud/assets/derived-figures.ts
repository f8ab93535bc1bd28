import type { DerivedFigure, Retention } from '#contract/api/data-catalogue.ts'
import type { RetentionClass } from '#contract/data-classes.ts'
import { unitName } from '#contract/unit-names.ts'
import { unitSymbol } from '#contract/units.ts'

/** How long each class is kept, as cloud.yaml says; what is not named is kept for good. */
export type Keeping = { readonly [C in RetentionClass]?: string }

export function retentionOf(name: RetentionClass, keeping: Keeping): Retention {
  const keep = keeping[name]
  return keep === undefined ? { class: name } : { class: name, keep }
}

export function unitView(ucum: string): DerivedFigure['unit'] {
  const name = unitName(ucum)
  return { ucum, symbol: unitSymbol(ucum), ...(name === undefined ? {} : { name }) }
}

type Figure = Omit<DerivedFigure, 'unit' | 'retention'> & {
  readonly unit: string
  readonly retention: RetentionClass
}

/** Every figure that the cloud makes itself. Whoever adds one adds it here; each is made in one place of the program. */
const figures: readonly Figure[] = [
  {
    id: 'telemetry.aggregate',
    title: {
      zh: '历史聚合值（平均、最小、最大、首、末、合计、个数）',
      en: 'Aggregates of history (mean, min, max, first, last, sum, count)',
    },
    unit: '1',
    madeOf: {
      zh: '测点的样本，单位随测点',
      en: 'Samples of a point; in the unit of the point, counts without',
    },
    api: 'GET /telemetry?agg=',
    dataClass: 'internal',
    retention: 'computed',
  },
  {
    id: 'device.link',
    title: { zh: '设备通信状态', en: 'Link of a device' },
    unit: '1',
    madeOf: { zh: '网关上报的通信事件', en: 'Link events of the gateway' },
    api: 'GET /devices/{gateway}/{device}/links',
    dataClass: 'internal',
    retention: 'inventory',
  },
  {
    id: 'gateway.connected',
    title: { zh: '网关连接状态', en: 'Connection of a gateway' },
    unit: '1',
    madeOf: { zh: '网关与云端的会话', en: 'The session of the gateway with the cloud' },
    api: 'GET /gateways',
    dataClass: 'internal',
    retention: 'inventory',
  },
  {
    id: 'gateway.clock-offset',
    title: { zh: '网关时钟偏差', en: 'Clock difference of a gateway' },
    unit: 'ms',
    madeOf: {
      zh: '网关报文时间与云端时间之差',
      en: 'Time in the messages of the gateway minus the time of the cloud',
    },
    api: 'GET /gateways',
    dataClass: 'internal',
    retention: 'inventory',
  },
  {
    id: 'alarm.state',
    title: { zh: '告警状态', en: 'State of an alarm' },
    unit: '1',
    madeOf: { zh: '网关规则对测点样本的判定', en: 'What the rules of the gateway make of samples' },
    api: 'GET /alarms',
    dataClass: 'sensitive',
    retention: 'alarms',
  },
  {
    id: 'command.state',
    title: { zh: '指令状态', en: 'State of a command' },
    unit: '1',
    madeOf: { zh: '人员下达的指令与网关的回报', en: 'What people asked for and what gateways said of it' },
    api: 'GET /commands',
    dataClass: 'sensitive',
    retention: 'commands',
  },
  {
    id: 'ledger.accounts',
    title: {
      zh: '数据台账（产生、收到、丢失、待送）',
      en: 'Data ledger (produced, received, dropped, owed)',
    },
    unit: '{count}',
    madeOf: {
      zh: '批次编号与网关自述的产生量',
      en: 'Numbers of batches and what gateways say they produced',
    },
    api: 'GET /gateways/{id}/ledger',
    dataClass: 'internal',
    retention: 'ledger',
  },
  {
    id: 'audit.chain',
    title: { zh: '审计摘要链', en: 'Chain of the audit log' },
    unit: '1',
    madeOf: { zh: '审计记录的摘要', en: 'Hashes of the rows of the audit log' },
    api: 'GET /audit/chain',
    dataClass: 'personal',
    retention: 'audit',
  },
  {
    id: 'asset.contradiction',
    title: { zh: '资产信息不一致', en: 'Contradiction in the register of assets' },
    unit: '1',
    madeOf: { zh: '设备上报值与人工填写值', en: 'What things report and what people wrote' },
    api: 'GET /assets?contradicting=true',
    dataClass: 'internal',
    retention: 'computed',
  },
]

export function derivedFigures(keeping: Keeping): DerivedFigure[] {
  return figures.map(({ unit, retention, ...figure }) => ({
    ...figure,
    unit: unitView(unit),
    retention: retentionOf(retention, keeping),
  }))
}
