import { afterEach, expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { descendantsOf, isAlive } from '../support/process-tree.ts'
import { Program } from '../support/program.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

let left: readonly number[] = []
afterEach(() => {
  for (const pid of left.filter(isAlive)) process.kill(pid, 'SIGKILL')
})

test('npm start, asked to stop by SIGTERM to npm alone, leaves no process', async () => {
  await using folder = await tempFolder()
  const [httpPort, mqttPort] = await Promise.all([freePort('127.0.0.1'), freePort('127.0.0.1')])
  await using npm = new Program({
    name: 'npm start',
    command: 'npm',
    args: ['start'],
    env: {
      CAMPUS_DATA: folder.file('data'),
      CAMPUS_HTTP_PORT: `${httpPort}`,
      CAMPUS_MQTT_PORT: `${mqttPort}`,
    },
  })
  await npm.sees(/^console: .+$/m, 60_000)
  // npm, its shell, the demo, the cloud, two sites, two gateways
  await waitFor(() => expect(descendantsOf(npm.pid).length).toBeGreaterThanOrEqual(6))
  left = descendantsOf(npm.pid)
  process.kill(npm.pid, 'SIGTERM')
  await waitFor(() => expect(left.filter(isAlive)).toEqual([]), { timeoutMs: 12_000 })
})
