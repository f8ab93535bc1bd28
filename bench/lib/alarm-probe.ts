import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { WebSocket } from 'ws'
import { type Campus, lux, type TestDevice } from '../../tests/support/test-campus.ts'

const device = 'lux-alarm'

/** The sensor whose value goes over and back over its limit, and the rule that watches it. */
export const alarmDevice: TestDevice = lux(device, { isForeign: true })
export const alarmRule = {
  ...{ id: 'dark', point: `${device}/illuminance`, below: 300, priority: 2 },
  title: { zh: '照度不足', en: 'too dark' },
}

export interface AlarmProbe extends AsyncDisposable {
  /** Raises the alarm, or clears it; milliseconds from the device's publish to the event on the socket. */
  once(): Promise<number>
}

export async function startAlarmProbe(campus: Campus): Promise<AlarmProbe> {
  const client = await connectAsync(campus.gateway.brokerUrl, { protocolVersion: 4, ...campus.mqttLogin })
  const socket = await openLive(campus, ['alarms'])
  let isDark = false

  function heard(): Promise<number> {
    return new Promise((resolve, reject) => {
      const overdue = setTimeout(() => reject(new Error('no alarm within 10 s')), 10_000)
      const listen = (data: Buffer) => {
        const message = JSON.parse(String(data)) as { type: string; topic?: string }
        if (message.type !== 'ev' || message.topic !== 'alarms') return
        socket.off('message', listen)
        clearTimeout(overdue)
        resolve(performance.now())
      }
      socket.on('message', listen)
    })
  }

  return {
    async once() {
      isDark = !isDark
      const arrived = heard()
      const sentAt = performance.now()
      const message = { illuminance: isDark ? 100 : 600, last_seen: Date.now() }
      client.publish(`zigbee2mqtt/${device}`, JSON.stringify(message), { qos: 1 })
      return (await arrived) - sentAt
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await client.endAsync()
    },
  }
}

export async function openLive({ cloud }: Campus, topics: readonly string[]): Promise<WebSocket> {
  const socket = new WebSocket(`${cloud.origin.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${cloud.api.token}` },
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'sub', topics }))
  await sleep(500)
  return socket
}
