import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { descendantsOf, isAlive } from '../support/process-tree.ts'
import { Program } from '../support/program.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const host = '127.0.0.1'
const startMs = 60_000

type Demo = AsyncDisposable & {
  readonly program: Program
  readonly folder: TempFolder
  readonly httpPort: number
}

async function startDemo(): Promise<Demo> {
  const folder = await tempFolder()
  const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
  const program = new Program({
    name: 'demo',
    args: ['simulators/demo/main.ts'],
    env: {
      CAMPUS_DATA: folder.file('data'),
      CAMPUS_HTTP_PORT: `${httpPort}`,
      CAMPUS_MQTT_PORT: `${mqttPort}`,
    },
  })
  const demo = {
    program,
    folder,
    httpPort,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
  try {
    await program.sees(/^console: .+$/m, startMs)
    // The gateways are started last.
    await waitFor(() => expect(descendantsOf(program.pid).length).toBeGreaterThanOrEqual(5))
    return demo
  } catch (error) {
    await demo[Symbol.asyncDispose]()
    throw error
  }
}

let left: readonly number[] = []
afterEach(() => {
  for (const pid of left.filter(isAlive)) process.kill(pid, 'SIGKILL')
})

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s stops the demo within 10 s and leaves no process',
  async (signal) => {
    await using demo = await startDemo()
    left = descendantsOf(demo.program.pid)
    expect(left.length).toBeGreaterThanOrEqual(5)

    const askedAt = performance.now()
    const exit = await demo.program.stop(signal, 15_000)
    expect(performance.now() - askedAt).toBeLessThan(10_000)
    expect(exit).toEqual({ code: 0, signal: null })
    expect(left.filter(isAlive)).toEqual([])
    expect(demo.program.output).not.toContain('ended (')
  },
)

test('killed without a chance to say anything, it leaves no process either', async () => {
  await using demo = await startDemo()
  left = descendantsOf(demo.program.pid)
  process.kill(demo.program.pid, 'SIGKILL')
  await waitFor(() => expect(left.filter(isAlive)).toEqual([]), { timeoutMs: 15_000 })
})

test('a child that dies is started again, and the terminal says so', async () => {
  await using demo = await startDemo()
  const [victim = 0] = descendantsOf(demo.program.pid)
  process.kill(victim, 'SIGKILL')
  await demo.program.sees(/ended \(SIGKILL\); again in/)
  await waitFor(() => {
    const now = descendantsOf(demo.program.pid)
    expect(now).not.toContain(victim)
    expect(now.length).toBeGreaterThanOrEqual(5)
  })
  left = descendantsOf(demo.program.pid)
})

test('it prints the address once and one line for each account, and keeps the passwords', async () => {
  await using demo = await startDemo()
  const { output } = demo.program
  expect(output.match(/^console: .*$/gm)).toEqual([`console: http://${host}:${demo.httpPort}/`])
  for (const account of ['admin', 'facilities', 'guard', 'bureau']) {
    // The lines come one by one: the address may be read before the last of them is written.
    await demo.program.sees(new RegExp(`^${account} +\\S+$`, 'm'), 5_000)
  }
  left = descendantsOf(demo.program.pid)
})

test('a port in use is named with the variable to set', async () => {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await using folder = await tempFolder()
  await using program = new Program({
    name: 'demo',
    args: ['simulators/demo/main.ts'],
    env: {
      CAMPUS_DATA: folder.path,
      CAMPUS_HTTP_PORT: `${port}`,
      CAMPUS_MQTT_PORT: `${await freePort(host)}`,
    },
  })
  expect((await program.exited).code).toBe(1)
  expect(program.output).toMatch(new RegExp(`Port ${port} is in use.*CAMPUS_HTTP_PORT=`))
  server.close()
})
