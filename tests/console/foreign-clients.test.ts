import { test } from 'vitest'
import { buildConsole, expectText, settled, TestBrowser } from '../support/chromium.ts'
import { mosquittoPub } from '../support/mosquitto.ts'
import { describeWith } from '../support/servers.ts'
import { lux, meter, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'

describeWith(['chromium', 'mosquitto_pub'], 'values of other people’s programs in the console', () => {
  test('one set in a Modbus meter and one published by mosquitto_pub are on the screen', async () => {
    await buildConsole()
    await using campus = await startCampus({
      devices: [meter('meter-1', 1), lux('lux-1', { isForeign: true })],
    })
    await using browser = await TestBrowser.start()
    await campus.site.set('meter-1', 'power.active', 1234.5)
    await mosquittoPub({
      broker: campus.gateway.brokerUrl,
      login: campus.mqttLogin,
      topic: 'zigbee2mqtt/lux-1',
      payload: { illuminance: 377, battery: 97, last_seen: new Date().toISOString() },
    })

    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await expectText(page.locator(`[data-point="${campus.pointId('lux-1/illuminance')}"]`), '377 lx')
      await open(`/devices/${campus.gatewayId}/meter-1`)
      await settled(page)
      await expectText(page.locator(`[data-point="${campus.pointId('meter-1/power.active')}"]`), '1,234.5 W')
    })
  })
})
