import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { App } from './app.ts'

/** The document at `/api/v1/openapi.json` is made from the schemas of the routes; pages to read it at `/api/docs`. */
export async function describeApi(app: App): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Smart campus cloud',
        description: 'Times in bodies are RFC 3339 in UTC with ms; queries take epoch ms as well.',
        version: '1',
      },
      components: {
        securitySchemes: {
          cookie: { type: 'apiKey', in: 'cookie', name: 'session' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ cookie: [] }, { bearer: [] }],
    },
    convertConstToEnum: false,
    transformObject: (described) => withTuples('openapiObject' in described ? described.openapiObject : {}),
    // Without this, shared schemas are called def-0, def-1, …
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) => `${json.$id ?? `schema-${index}`}`,
    },
  })
  await app.register(fastifySwaggerUi, { routePrefix: '/api/docs', staticCSP: true })
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

/** OpenAPI 3.1 writes a tuple with `prefixItems`; TypeBox writes it as older drafts of JSON Schema did. Pure. */
function withTuples<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withTuples) as T
  const { items, additionalItems, ...rest } = value as Record<string, unknown>
  const others = Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, withTuples(one)]))
  if (Array.isArray(items))
    return { ...others, prefixItems: items.map(withTuples), items: additionalItems ?? true } as T
  return (items === undefined ? others : { ...others, items: withTuples(items) }) as T
}
