import { readJournal, type Written } from './judge.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { type Campus, type CampusOptions, startCampus } from './test-campus.ts'

export type ProxiedCampus = AsyncDisposable & { readonly campus: Campus; readonly link: TcpProxy }

/** A campus with a cable between gateway and cloud that the test can damage. */
export async function startProxiedCampus(options: Omit<CampusOptions, 'between'>): Promise<ProxiedCampus> {
  await using parts = new AsyncDisposableStack()
  let link: TcpProxy | undefined
  const between = async (port: number) => {
    link = parts.use(await startTcpProxy({ port }))
    return link.port
  }
  const campus = parts.use(await startCampus({ ...options, between }))
  if (link === undefined) throw new Error('the campus was built without the proxy')
  const stack = parts.move()
  return { campus, link, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Stops the light sensors and gives the illuminances they had written until then. */
export async function silence(
  { site }: Campus,
  devices: readonly { readonly id: string }[],
): Promise<readonly Written[]> {
  for (const { id } of devices) await site.fault(id, { kind: 'silent' })
  const points = new Set(devices.map(({ id }) => `${id}/illuminance`))
  const journal = await readJournal(site.journal)
  return journal.filter(({ point }) => points.has(point))
}
