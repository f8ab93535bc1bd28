import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Catalogue } from '#contract/catalogue.ts'
import type { AlarmEvent } from '#contract/events.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { tempFolder } from './temp-folder.ts'
import { TestCloud } from './test-cloud.ts'
import { connectGateway, tokenOf } from './test-ingest.ts'

const gateway = 'school-a'
const host = '127.0.0.1'

const point = (id: string, kind: 'num' | 'bool' | 'event', unit = '1') => ({
  ...{ id, kind, unit, title: { zh: id, en: id } },
})
const catalogue: Catalogue = {
  v: 1,
  kind: 'catalogue',
  version: 'c1',
  devices: [
    {
      ...{ id: 'lux-1', title: { zh: '三楼走廊', en: 'Corridor' }, location: { zh: '实验楼', en: 'Lab' } },
      ...{ profile: 'p', vendor: 'v', model: 'm', category: 'sensor.env' },
      points: [point('illuminance', 'num', 'lx'), point('smoke', 'bool'), point('panic', 'event')],
    },
  ],
}

/** A cloud and the uplink of one gateway, which raises and clears whatever a test says. */
export async function startAlarmCloud() {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
  const cloudFolder = join(folder.path, 'cloud')
  await mkdir(cloudFolder, { recursive: true })
  const gateways = [{ id: gateway, token: tokenOf(gateway) }]
  const cloud = parts.use(await TestCloud.start({ folder: cloudFolder, host, httpPort, mqttPort, gateways }))
  const ca = await readFile(cloud.caFile, 'utf8')
  const uplink = parts.use(await connectGateway({ host, port: mqttPort, ca, gateway }))
  await uplink.publish('state', catalogue)
  let seq = 1
  const stack = parts.move()
  return {
    cloud,
    /** Resolves when the cloud has them. */
    async tell(...events: readonly (Partial<AlarmEvent> & { readonly occurrence: string })[]): Promise<void> {
      const full = events.map(
        (event): AlarmEvent => ({
          ...{ kind: 'alarm', rule: `rule-${event.occurrence}`, point: 'lux-1/illuminance', state: 'raised' },
          ...{ priority: 3, at: Date.now(), value: 120, limit: 300, title: { zh: '照度低', en: 'Too dark' } },
          ...event,
        }),
      )
      for (let from = 0; from < full.length; from += 100) {
        const some = full.slice(from, from + 100)
        const range = { stream: 'events', epoch: 1, firstSeq: seq, lastSeq: seq + some.length - 1 } as const
        await uplink.publish('events', { v: 1, epoch: 1, firstSeq: seq, events: some })
        await uplink.acknowledged(range)
        seq += some.length
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
