import type { Schema } from './from-schema.ts'

export type Parameter = {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly required?: boolean
  readonly schema: Schema
}

type Described = {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly unknown[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, { readonly description?: string }>>
}

/** The OpenAPI document as far as tests read it. */
export type ApiDocument = { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> }

export type Operation = Described & {
  readonly method: string
  /** `/api/v1/gateways/{id}` */
  readonly path: string
  readonly name: string
  /** Needs no session. */
  readonly isPublic: boolean
}

export function operationsOf({ paths }: ApiDocument): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      ...described,
      method: method.toUpperCase(),
      path,
      name: `${method.toUpperCase()} ${path}`,
      isPublic: described.security?.length === 0,
    })),
  )
}

export type Filled = {
  readonly params: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body?: { readonly type: string; readonly content: unknown } | undefined
}

export type Answer = { readonly status: number; readonly text: string }

/** Sends what was filled in. A body that is JSON is written as such. */
export async function send(
  origin: string,
  { method, path }: Pick<Operation, 'method' | 'path'>,
  { params, query, body }: Filled,
  token?: string,
): Promise<Answer> {
  const at = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(String(params[name]).toWellFormed()),
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) search.append(name, String(one))
  }
  const isJson = body?.type === 'application/json'
  const answer = await fetch(`${origin}${at}${search.size > 0 ? `?${search}` : ''}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': body.type }),
    },
    ...(body === undefined
      ? {}
      : { body: isJson ? JSON.stringify(body.content) : (body.content as string | Uint8Array<ArrayBuffer>) }),
  })
  return { status: answer.status, text: await answer.text() }
}
