import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { rtuFilled, rtuOverTcp } from '#gateway/southbound/modbus/fixtures/rtu-server.ts'
import { Program } from '../tests/support/program.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'
import { showReport } from './doctor-table.ts'

async function configFor(folder: string, port: number): Promise<string> {
  const file = join(folder, 'gateway.yaml')
  const text = `
gateway: { id: school-a }
broker: { port: 1883 }
profiles: ${resolve('device-profiles')}
buses: [{ id: cabinet, protocol: modbus-rtu-over-tcp, host: 127.0.0.1, port: ${port}, baud: 115200 }]
devices:
  - { id: relay-1, profile: waveshare.relay8, bus: cabinet, unit: 1 }
  - { id: relay-2, profile: waveshare.relay8, bus: cabinet, unit: 2 }
`
  await writeFile(file, text)
  return file
}

test('the doctor polls a bus and says what each unit does and what to do about it', {
  timeout: 60_000,
}, async () => {
  await using folder = await tempFolder()
  await using server = await rtuOverTcp((request) => (request.unit === 2 ? [] : [5, rtuFilled(request, 0)]))
  const file = await configFor(folder.path, server.port)
  const args = (more: readonly string[]) => ['gateway/doctor.ts', '--config', file, '--cycles', '1', ...more]
  await using doctor = new Program({ name: 'doctor', args: args([]) })
  await using other = new Program({ name: 'doctor', args: args(['--bus', 'attic']) })
  expect(await other.exited).toMatchObject({ code: 2 })
  expect(other.output).toContain('no bus to look at; there are cabinet')
  expect(await doctor.exited).toMatchObject({ code: 1 })
  expect(doctor.output).toMatch(
    /bus cabinet: modbus-rtu-over-tcp 127\.0\.0\.1:\d+, [\d.]+ % busy, [\d.]+ % planned/,
  )
  expect(doctor.output).toMatch(/\n +1 {2}relay-1 +answers +\d+\.\d/)
  expect(doctor.output).toMatch(/\n +2 {2}relay-2 +silent +–/)
  expect(doctor.output).toContain('单元 2 从未应答')
  expect(doctor.output).toContain('Unit 2 has never answered. Check wiring')
})

test('a bus without trouble is a table and nothing more', () => {
  const none = { timeouts: 0, crcErrors: 0, malformed: 0, exceptions: 0, lateAnswers: 0 }
  const text = showReport({
    ...{
      bus: 'plant',
      protocol: 'modbus-tcp',
      address: '127.0.0.1:502',
      connected: true,
      at: 0,
      observedMs: 1000,
    },
    ...{ load: { measured: 0.125, planned: 0.1 }, requests: 10, ...none, wrongUnit: 0, wrongTransaction: 0 },
    ...{ unsolicited: 0, resyncs: 0, connects: 1, overruns: 0, advice: [] },
    units: [
      {
        ...{ unit: 7, devices: ['meter-1', 'meter-2'], state: 'answers', requests: 10, answers: 10, ...none },
        ...{
          roundTripMs: { p50: 2, p95: 3.5, max: 12 },
          share: { measured: 0.125, planned: 0.1 },
          parked: [],
        },
      },
    ],
  })
  expect(text.split('\n')).toEqual([
    'bus plant: modbus-tcp 127.0.0.1:502, 12.5 % busy, 10.0 % planned',
    expect.stringMatching(/^unit +devices +state +p50/),
    expect.stringMatching(/^ +7 +meter-1 \+1 +answers +2\.0 +3\.5 +12\.0 +10 +0 +0 +0 +0 +12\.5 % +10\.0 %$/),
  ])
})
