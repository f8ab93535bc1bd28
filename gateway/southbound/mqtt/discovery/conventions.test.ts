import { describe, expect, test } from 'vitest'
import type { Convention } from './announcement.ts'
import { chirpstack } from './chirpstack.ts'
import { homeAssistant } from './home-assistant.ts'
import { shellyGen1, shellyGen2 } from './shelly.ts'
import { tasmota } from './tasmota.ts'
import { zigbee2mqtt } from './zigbee2mqtt.ts'

const read = (convention: Convention, topic: string, content: unknown) =>
  convention.read(topic.split('/'), content)

describe('zigbee2mqtt', () => {
  const plug = {
    ...{ ieee_address: '0x00158d0001', type: 'Router', friendly_name: 'room 301/plug', disabled: false },
    definition: {
      ...{ model: 'ZNCZ02LM', vendor: 'Xiaomi' },
      exposes: [
        { type: 'switch', features: [{ name: 'state', property: 'state', type: 'binary' }] },
        { type: 'numeric', name: 'power', property: 'power', unit: 'W' },
      ],
    },
  }
  test('each device of the list, with what it exposes; not the coordinator, not a disabled one', () => {
    const { found } = read(zigbee2mqtt, 'zigbee2mqtt/bridge/devices', [
      { ieee_address: '0x00', type: 'Coordinator', friendly_name: 'Coordinator' },
      plug,
      { ...plug, ieee_address: '0x02', disabled: true },
    ])
    expect(found).toEqual([
      {
        ...{ source: 'zigbee2mqtt', key: 'zigbee2mqtt zigbee2mqtt 0x00158d0001', name: 'room 301/plug' },
        ...{ model: 'ZNCZ02LM', features: ['switch', 'state', 'numeric', 'power'] },
        params: { base: 'zigbee2mqtt', name: 'room 301/plug' },
        listensTo: 'zigbee2mqtt/room 301/plug',
      },
    ])
  })
  test('what is not in the list any more is gone, in this network alone', () => {
    const { gone } = read(zigbee2mqtt, 'school/z2m/bridge/devices', [plug])
    expect(gone?.('zigbee2mqtt school/z2m 0x99')).toBe(true)
    expect(gone?.('zigbee2mqtt school/z2m 0x00158d0001')).toBe(false)
    expect(gone?.('zigbee2mqtt zigbee2mqtt 0x99')).toBe(false)
  })
})

test('a Shelly of the first generation says its id and model', () => {
  const said = {
    id: 'shelly1pm-B929CC',
    model: 'SHSW-PM',
    mac: '2CF432B929CC',
    ip: '192.168.1.5',
    new_fw: false,
  }
  expect(read(shellyGen1, 'shellies/announce', said).found).toMatchObject([
    { name: 'shelly1pm-B929CC', model: 'SHSW-PM', params: { id: 'shelly1pm-B929CC' } },
  ])
})

test('a Shelly of a later generation is known by its id, also behind another prefix', () => {
  expect(read(shellyGen2, 'shellyplus1pm-a8032ab12345/online', true).found).toMatchObject([
    { model: 'shellyplus1pm', params: { prefix: 'shellyplus1pm-a8032ab12345' } },
  ])
  const notify = {
    src: 'shellypro4pm-f008d1d8b8b8',
    method: 'NotifyStatus',
    params: { ts: 1, 'switch:2': {} },
  }
  expect(read(shellyGen2, 'gym-light/events/rpc', notify).found).toMatchObject([
    { model: 'shellypro4pm', features: ['switch'], params: { prefix: 'gym-light' } },
  ])
  expect(read(shellyGen2, 'nuki/online', true).found).toEqual([])
  expect(read(shellyGen2, 'shellyplus1pm-a8032ab12345/online', false).found).toEqual([])
})

test('a Tasmota device says its topic and its relays', () => {
  const said = {
    ip: '10.0.0.2',
    dn: 'Plug',
    t: 'tasmota_ABCDEF',
    md: 'Sonoff S31',
    mac: 'A4CF12ABCDEF',
    rl: [1, 0, 0],
  }
  expect(read(tasmota, 'tasmota/discovery/A4CF12ABCDEF/config', said).found).toMatchObject([
    {
      ...{ key: 'tasmota A4CF12ABCDEF', name: 'Plug', model: 'Sonoff S31', features: ['relay'] },
      ...{ params: { topic: 'tasmota_ABCDEF' }, listensTo: 'tele/tasmota_ABCDEF' },
    },
  ])
})

test('a LoRaWAN device is known by its uplink, its measurements are its features', () => {
  const topic = 'application/1/device/24e124707c141234/event/up'
  const said = { deviceInfo: { deviceName: 'Room 1', deviceProfileName: 'AM307' }, object: { co2: 5 } }
  expect(read(chirpstack, topic, said).found).toMatchObject([
    {
      ...{ name: 'Room 1', model: 'AM307', features: ['co2'] },
      params: { application_id: '1', dev_eui: '24e124707c141234' },
    },
  ])
  expect(read(chirpstack, 'application/1/device/x/event/up', said).found).toEqual([])
})

describe('Home Assistant', () => {
  const topic = 'homeassistant/sensor/hall/temp/config'
  test('abbreviations, base topics and plain templates are understood', () => {
    const said = {
      ...{
        '~': 'hall/bme',
        stat_t: '~/state',
        dev_cla: 'temperature',
        unit_of_meas: '°C',
        name: 'Temperature',
      },
      ...{ val_tpl: '{{ value_json.temp_c }}', dev: { name: 'Hall', mdl: 'BME280' } },
    }
    expect(read(homeAssistant, topic, said).found).toEqual([
      {
        ...{ source: 'homeassistant', key: 'homeassistant sensor/hall/temp', name: 'Hall: Temperature' },
        ...{
          model: 'BME280',
          params: { topic: 'hall/bme/state', key: 'temp_c' },
          listensTo: 'hall/bme/state',
        },
        features: ['sensor', 'json', 'sensor.temperature', 'sensor.temperature.°C'],
      },
    ])
  })
  test('a device whose template would have to be run is proposed with nothing that a profile could fit', () => {
    const said = {
      state_topic: 'a/b',
      value_template: '{{ value_json.a * 10 | round(1) }}',
      device_class: 'power',
    }
    expect(read(homeAssistant, topic, said).found).toMatchObject([{ features: [], params: { topic: 'a/b' } }])
  })
  test('a switch has its command topic; one with words of its own fits no profile', () => {
    const said = { state_topic: 's', command_topic: 'c', payload_on: 'ON' }
    expect(read(homeAssistant, 'homeassistant/switch/x/config', said).found).toMatchObject([
      { features: ['switch', 'plain'], params: { topic: 's', command_topic: 'c' } },
    ])
    const own = { ...said, payload_on: '1', payload_off: '0' }
    expect(read(homeAssistant, 'homeassistant/switch/x/config', own).found).toMatchObject([{ features: [] }])
  })
  test('one message can have all of a device: each component is proposed, with what they have in common', () => {
    const all = {
      dev: { ids: 'ea334450945afc', name: 'Kitchen', mdl: 'xya' },
      o: { name: 'bla2mqtt', sw: '2.1' },
      cmps: {
        t1: {
          p: 'sensor',
          device_class: 'temperature',
          unit_of_measurement: '°C',
          value_template: '{{ value_json.temperature }}',
          name: 'Air',
        },
        r1: { platform: 'switch', stat_t: 'kitchen/relay', cmd_t: 'kitchen/relay/set', name: 'Fan' },
        // Taken out of the device by its platform alone.
        b1: { p: 'binary_sensor', state_topic: '' },
        odd: 7,
      },
      state_topic: 'kitchen/state',
      qos: 2,
    }
    const { found, gone } = read(homeAssistant, 'homeassistant/device/0AFFD2/config', all)
    expect(found).toEqual([
      {
        ...{
          source: 'homeassistant',
          key: 'homeassistant device/0AFFD2/t1',
          name: 'Kitchen: Air',
          model: 'xya',
        },
        params: { topic: 'kitchen/state', key: 'temperature' },
        listensTo: 'kitchen/state',
        features: ['sensor', 'json', 'sensor.temperature', 'sensor.temperature.°C'],
      },
      {
        ...{
          source: 'homeassistant',
          key: 'homeassistant device/0AFFD2/r1',
          name: 'Kitchen: Fan',
          model: 'xya',
        },
        params: { topic: 'kitchen/relay', command_topic: 'kitchen/relay/set' },
        listensTo: 'kitchen/relay',
        features: ['switch', 'plain'],
      },
    ])
    // Whatever it had and does not list any more is gone; that of its neighbours is not.
    expect(gone?.('homeassistant device/0AFFD2/old')).toBe(true)
    expect(gone?.('homeassistant device/0AFFD20/t1')).toBe(false)
    const emptied = read(homeAssistant, 'homeassistant/device/0AFFD2/config', undefined)
    expect([emptied.found, emptied.gone?.('homeassistant device/0AFFD2/t1')]).toEqual([[], true])
    const elsewhere = { ...all, o: { name: 'Zigbee2MQTT' } }
    expect(read(homeAssistant, 'homeassistant/device/0AFFD2/config', elsewhere).found).toEqual([])
  })
  test('an empty message takes it back; what another convention says better is left to it', () => {
    expect(read(homeAssistant, topic, undefined).gone?.('homeassistant sensor/hall/temp')).toBe(true)
    const said = { state_topic: 'zigbee2mqtt/x', origin: { name: 'Zigbee2MQTT' } }
    expect(read(homeAssistant, topic, said).found).toEqual([])
  })
})

describe.each([zigbee2mqtt, shellyGen1, shellyGen2, tasmota, chirpstack, homeAssistant])('$source', (one) => {
  test.each([
    [null],
    [[]],
    ['text'],
    [{}],
    [[1, null, []]],
    [{ id: 5, t: {}, state_topic: [] }],
    [undefined],
  ])('%j is no device', (content) => {
    const topics = [
      'a/bridge/devices',
      'shellies/announce',
      'a/online',
      'homeassistant/sensor/x/config',
      'homeassistant/device/x/config',
    ]
    for (const topic of topics) expect(read(one, topic, content).found).toEqual([])
  })
})
