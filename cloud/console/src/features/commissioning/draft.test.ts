import { expect, test } from 'vitest'
import type { ProfileInfo } from '#contract/request.ts'
import {
  deviceOf,
  draftOfProposal,
  draftOfUnit,
  emptyDraft,
  findProfiles,
  missing,
  suggestedId,
} from './draft.ts'

const meter: ProfileInfo = {
  ...{ id: 'eastron.sdm630', version: '1.0.0', title: { zh: '三相电能表', en: 'Three-phase meter' } },
  ...{ vendor: 'Eastron', models: ['SDM630'], category: 'meter.electric', protocol: 'modbus' },
  params: [
    { name: 'ct', type: 'number', required: false },
    { name: 'channels', type: 'int_set', required: false },
  ],
  ...{ variants: [], points: 40, lowConfidence: [], unit: { default: 1, min: 1, max: 247 } },
}
const lamp: ProfileInfo = {
  ...{
    id: 'zigbee2mqtt.lamp',
    version: '1.0.0',
    title: { zh: '灯', en: 'Lamp' },
    vendor: 'Any',
    models: ['L1'],
  },
  ...{ category: 'light', protocol: 'mqtt', variants: [], points: 2, lowConfidence: [] },
  params: [{ name: 'name', type: 'text', required: true }],
}

test('fields become what the gateway expects; what is no number goes as it is, for its answer', () => {
  const draft = {
    ...draftOfUnit('plant', 7),
    params: { ct: '2.5', channels: '1, 2，x' },
    titleZh: ' 总表 ',
    id: 'm-7',
  }
  expect(deviceOf(draft, meter)).toEqual({
    ...{ profile: 'eastron.sdm630', id: 'm-7', bus: 'plant', unit: 7 },
    params: { ct: 2.5, channels: [1, 2, 'x'] },
    title: { zh: '总表' },
  })
  expect(deviceOf({ ...draft, fields: { ...draft.fields, unit: 'seven' } }, meter)).toMatchObject({
    unit: 'seven',
  })
})

test('fields of another protocol are not sent', () => {
  const draft = { ...draftOfUnit('plant', 7), params: { name: '走廊/灯 1' } }
  expect(deviceOf(draft, lamp)).toEqual({ profile: 'zigbee2mqtt.lamp', params: { name: '走廊/灯 1' } })
})

test('what a discovered device said fills the fields', () => {
  const seen = { key: 'k', protocol: 'mqtt', name: '走廊灯', seenAt: 1 } as const
  const draft = draftOfProposal({ ...seen, profile: lamp.id, instance: { params: { name: 'lamp-1' } } })
  expect(draft).toMatchObject({ profile: lamp.id, titleZh: '走廊灯', params: { name: 'lamp-1' } })
  expect(missing(draft, lamp)).toEqual([])
  expect(missing(emptyDraft, lamp)).toEqual(['params.name'])
  expect(missing(emptyDraft, meter)).toEqual(['bus', 'unit'])
})

test('an id is suggested that is one', () => {
  expect(suggestedId(meter, draftOfUnit('plant', 7))).toBe('sdm630-7')
  expect(suggestedId(lamp, { ...emptyDraft, params: { name: 'Floor 3/Lamp_1' } })).toBe('lamp-floor-3-lamp-1')
})

test('profiles are found by vendor, model and title in either language, and only of the protocol', () => {
  const all = [meter, lamp]
  expect(findProfiles(all, 'eastron 三相', undefined)).toEqual([meter])
  expect(findProfiles(all, 'LAMP', undefined)).toEqual([lamp])
  expect(findProfiles(all, '', 'mqtt')).toEqual([lamp])
  expect(findProfiles(all, 'sdm630 lamp', undefined)).toEqual([])
})
