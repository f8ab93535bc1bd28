/** `--enrol CODE` of `main.ts`: gets this gateway its certificate and ends. */
import { CloudRefusal } from '#gateway/enrolment/ask-cloud.ts'
import { enrol } from '#gateway/enrolment/enrol.ts'
import { parseEnrolmentCode } from '#gateway/enrolment/enrolment-code.ts'
import { factsOf } from '#gateway/enrolment/identity.ts'
import { IdentityStore } from '#gateway/enrolment/identity-store.ts'
import { explainLinkError } from '#gateway/uplink/link-error.ts'
import { exitWithProblems } from '#lib/exit-with-problems.ts'
import { besideConfig, type Environment, loadConfig, problemAt } from '#lib/load-config.ts'
import { GatewayConfig } from './config.ts'

/** Ends with status 2 for what the person has to mend, and 1 for what may go away by itself. */
export async function enrolGateway(file: string, text: string, env: Environment): Promise<void> {
  const parsed = parseEnrolmentCode(text)
  if (!parsed.ok) return fail(2, `--enrol: ${parsed.problem}`)
  const loaded = await loadConfig({ file, schema: GatewayConfig, env })
  if (!loaded.ok) return exitWithProblems(file, loaded.problems)
  const { gateway, cloud, data } = loaded.value
  const { url } = parsed.code
  if (cloud === undefined || cloud.tokenFile !== undefined) {
    const message = `expected only the address, for a gateway that is enrolled: cloud: { url: ${url} }`
    return exitWithProblems(file, [problemAt(['cloud'], message, loaded.lineOf)])
  }
  try {
    const store = new IdentityStore(besideConfig(file, data))
    const { serial, notAfter } = factsOf(await enrol(parsed.code, { store, gateway: gateway.id }))
    const until = new Date(notAfter).toISOString()
    process.stdout.write(`${gateway.id} is enrolled: certificate ${serial}, valid until ${until}\n`)
    if (cloud.url !== url)
      process.stdout.write(`note: cloud.url in ${file} is ${cloud.url}, the console says ${url}\n`)
  } catch (error) {
    if (error instanceof CloudRefusal) return fail(error.isFinal ? 2 : 1, `${url}: ${error.message}`)
    if (!(error instanceof Error && 'code' in error)) throw error
    fail(1, explainLinkError(error, url))
  }
}

function fail(status: number, message: string): void {
  process.stderr.write(`not enrolled: ${message}\n`)
  process.exitCode = status
}
