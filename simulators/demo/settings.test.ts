import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

test('without any variable the demo listens on loopback at 8080 and 8883', () => {
  const settings = readSettings({})
  expect(settings).toMatchObject({ ok: true, value: { host: '127.0.0.1', httpPort: 8080, mqttPort: 8883 } })
})

test('every variable is honoured, an IPv6 host with or without brackets', () => {
  const env = {
    CAMPUS_HOST: '[::1]',
    CAMPUS_HTTP_PORT: '9000',
    CAMPUS_MQTT_PORT: '9001',
    CAMPUS_DATA: '/srv/campus',
    CAMPUS_DEMO_PASSWORD: 'correct horse',
  }
  expect(readSettings(env)).toEqual({
    ok: true,
    value: { host: '::1', httpPort: 9000, mqttPort: 9001, data: '/srv/campus', password: 'correct horse' },
  })
})

test('every mistake is listed', () => {
  const settings = readSettings({ CAMPUS_HTTP_PORT: 'http', CAMPUS_MQTT_PORT: '70000' })
  expect(settings.ok ? [] : settings.problems).toHaveLength(2)
  expect(readSettings({ CAMPUS_HTTP_PORT: '8883' }).ok).toBe(false)
})
