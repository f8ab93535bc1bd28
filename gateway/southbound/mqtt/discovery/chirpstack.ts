import { asObject, asText, type Convention, nothing } from './announcement.ts'

/** ChirpStack v4: a device is there when it joins, and at each uplink. Its codec's fields tell what it measures. */
export const chirpstack: Convention = {
  source: 'chirpstack',
  filters: ['application/+/device/+/event/join', 'application/+/device/+/event/up'],
  maxBytes: 65_536,
  read([, application = '', , devEui = ''], content) {
    const said = asObject(content)
    const info = asObject(said.deviceInfo)
    if (!/^[0-9a-f]{16}$/i.test(devEui)) return nothing
    const model = asText(info.deviceProfileName)
    return {
      found: [
        {
          ...{ source: 'chirpstack', key: `chirpstack ${devEui.toLowerCase()}` },
          name: asText(info.deviceName) ?? devEui,
          ...(model === undefined ? {} : { model }),
          features: Object.keys(asObject(said.object)).slice(0, 100),
          params: { application_id: application, dev_eui: devEui },
          listensTo: `application/${application}/device/${devEui}`,
        },
      ],
    }
  },
}
