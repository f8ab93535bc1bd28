import { Counter, type Registry } from 'prom-client'

/** Steps of commands by the state they led to. */
export function countCommandSteps(registry: Registry): Counter<'state'> {
  return new Counter({
    name: 'campus_command_steps_total',
    help: 'Commands that came into a state: queued, sent, accepted, done, failed, expired, rejected',
    labelNames: ['state'] as const,
    registers: [registry],
  })
}
