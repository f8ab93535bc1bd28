import { Histogram, type Registry } from 'prom-client'
import type { App } from './app.ts'

/** Counts and times requests by route; routes added after this call. Sockets are not requests that end. */
export function measureRequests(app: App, registry: Registry): void {
  const seconds = new Histogram({
    name: 'campus_http_request_seconds',
    help: 'Time to answer by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    if (request.ws) return
    const route = request.routeOptions.url ?? 'none'
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000)
  })
}
