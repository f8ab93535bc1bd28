import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type IngestMetrics = ReturnType<typeof createIngestMetrics>

/** Counters of the door for gateway data. Gateways are no labels: a fleet must not grow the page without bound. */
export function createIngestMetrics(registry: Registry, inFlightBytes: () => number) {
  const registers = [registry]
  new Gauge({
    name: 'campus_ingest_in_flight_bytes',
    help: 'Bytes taken in and not yet committed',
    registers,
    collect() {
      this.set(inFlightBytes())
    },
  })
  return {
    messages: new Counter({
      name: 'campus_ingest_messages_total',
      help: 'Messages of gateways by channel and outcome: stored, duplicate, invalid, refused, failed',
      labelNames: ['channel', 'outcome'] as const,
      registers,
    }),
    samples: new Counter({
      name: 'campus_ingest_samples_total',
      help: 'Samples committed to the telemetry store',
      labelNames: ['channel'] as const,
      registers,
    }),
    bytes: new Counter({
      name: 'campus_ingest_bytes_total',
      help: 'Bytes of messages received',
      labelNames: ['channel'] as const,
      registers,
    }),
    events: new Counter({
      name: 'campus_ingest_events_total',
      help: 'Events stored by kind',
      labelNames: ['kind'] as const,
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'campus_ingest_commit_seconds',
      help: 'Time to commit one group by store: telemetry, state',
      labelNames: ['store'] as const,
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
      registers,
    }),
    hookErrors: new Counter({
      name: 'campus_ingest_hook_errors_total',
      help: 'Listeners that threw after something was stored',
      registers,
    }),
  }
}

export type SourceMetrics = ReturnType<typeof createSourceMetrics>

export function createSourceMetrics(registry: Registry, sessions: () => number) {
  const registers = [registry]
  new Gauge({
    name: 'campus_gateway_sessions',
    help: 'Gateways with a session',
    registers,
    collect() {
      this.set(sessions())
    },
  })
  return {
    refused: new Counter({
      name: 'campus_gateway_refused_total',
      help: 'What gateways were not allowed: login, twin, publish, subscribe, packet, tls',
      labelNames: ['what'] as const,
      registers,
    }),
    takeovers: new Counter({
      name: 'campus_gateway_takeovers_total',
      help: 'Sessions that ended because the same gateway connected again',
      registers,
    }),
  }
}
