import { fileURLToPath } from 'node:url'
import type { ConfigContent, ConfigProblem } from '#contract/configuration.ts'
import { checkManaged } from '#gateway/check-managed.ts'

const profiles = fileURLToPath(new URL('../device-profiles', import.meta.url))

/**
 * What a gateway would find wrong, before anything is sent: its own check, run here. The only place where the cloud uses the
 * gateway's code (decision 10); the gateway checks again.
 */
export function checkConfig(own: ConfigContent, content: ConfigContent): ConfigProblem[] {
  return checkManaged(own, content, profiles)
}
