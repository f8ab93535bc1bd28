/**
 * The check of a gateway for who has neither its files nor its devices: what the gateway told of its own file stands for that
 * file. The cloud asks here before it sends anything; the gateway asks again, with everything it has.
 */
import { Check } from 'typebox/schema'
import { type ConfigContent, type ConfigProblem, maxConfigProblems } from '#contract/configuration.ts'
import { isFrom, overlay } from '#gateway/configuration/overlay.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { explain, type Path } from '#lib/explain.ts'
import { pathText } from '#lib/load-config.ts'
import { GatewayConfig } from './config.ts'
import { examine } from './load-gateway.ts'

type Raw = Readonly<Record<string, unknown>>

/** Every problem with its place in the content; those marked `ours` stand in the gateway's own file. Pure but for the profiles. */
export function checkManaged(own: ConfigContent, content: ConfigContent, profiles: string): ConfigProblem[] {
  const { added, cloud, ...sections } = own
  const addedDevices = Array.isArray(added) ? added : []
  const base: Raw = {
    ...sections,
    gateway: { id: 'gateway' },
    cloud: { ...Object(cloud), url: 'mqtts://cloud.invalid:8883', tokenFile: 'token' },
  }
  const laid = overlay(base, content, { added: addedDevices })
  const taken = new Set(idsOf(content.devices))
  const withAdded = {
    ...laid.value,
    devices: [
      ...listOf(laid.value.devices),
      ...addedDevices.filter((one: unknown) => !taken.has((Object(one) as Raw).id)),
    ],
  }
  const problems: ConfigProblem[] = []
  const note = (path: Path, message: string): void => {
    if (problems.length >= maxConfigProblems) return
    const isTheirs = isFrom(content, path) && !isAdded(path, laid.value)
    problems.push({
      path: pathText(path).slice(0, 200),
      message: message.slice(0, 500),
      ...(isTheirs ? {} : { ours: true as const }),
    })
  }
  const { value, findings } = explain(GatewayConfig, withAdded)
  for (const { path, message } of [...laid.findings, ...findings]) note(path, message)
  if (problems.length > 0 || !Check(GatewayConfig, value)) return problems
  const config = value as GatewayConfig
  const library = loadProfiles(profiles, { only: new Set(config.devices.map(({ profile }) => profile)) })
  examine(config, { library, folder: profiles }, { problem: note, warning: () => {} })
  return problems
}

function isAdded([section, index]: Path, laid: Raw): boolean {
  return section === 'devices' && typeof index === 'number' && index >= listOf(laid.devices).length
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function idsOf(value: unknown): unknown[] {
  return listOf(value).map((one) => (Object(one) as Raw).id)
}
