import type { FastifyContextConfig, FastifyRequest, onRequestAsyncHookHandler, RouteOptions } from 'fastify'
import { Access, type PlaceIndex, type Thing } from '#cloud/access/access.ts'
import type { SessionDuty, User } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import type { Permission } from '#contract/permissions.ts'
import { isSameOrigin } from './origin.ts'

export const sessionCookie = 'session'

export type Session = {
  readonly user: User
  readonly expiresAt: number
  /** Among the sessions of its person; a wall display has none. */
  readonly id?: string
  /** Nothing else answers before this is done. */
  readonly must?: SessionDuty
  /** It may look and nothing else, whatever its grants say. */
  readonly readOnly?: boolean
  /** The sign-in service that it came by. */
  readonly provider?: string
}
/** Who is calling, until when, and what he may see and do. */
export type Caller = Session & { readonly token: string; readonly access: Access }

export type FindSession = (token: string) => Promise<Session | undefined>
export type FindCaller = (token: string) => Promise<Caller | undefined>

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes only. */
    caller: Caller | null
    /** What the caller may see and do. Throws AppError UNAUTHENTICATED on public routes. */
    readonly access: Access
  }
  interface FastifyContextConfig {
    /** Answers without a session. Everything else needs one. */
    public?: boolean
    /**
     * What the caller has to be allowed: of the thing that `about` names, or else somewhere. `view` when absent. What a handler
     * touches beyond that goes through `request.access`.
     */
    needs?: Permission
    /**
     * The thing that the path names. `handler`: only the handler can tell, and asks `request.access` itself. Every route with
     * something in its path has to say it.
     */
    about?: ((params: Readonly<Record<string, string>>) => Thing) | 'handler'
    /** What belongs to no place: the permission has to hold everywhere. */
    everywhere?: boolean
    /** Answers a session that has something to do first: this, or anything. Who has no role anywhere is answered as well. */
    whileMust?: SessionDuty | 'anything'
  }
}

export type GuardOptions = {
  readonly findCaller: FindCaller
  /** Origins allowed besides our own, for example of a development server. */
  readonly origins: readonly string[]
}

/** Before every route of the API: a session, the permission, and for cookies a page of ours. */
export function createGuard({ findCaller, origins }: GuardOptions): onRequestAsyncHookHandler {
  return async (request) => {
    const { config } = request.routeOptions
    const changes = request.method !== 'GET' && request.method !== 'HEAD'
    // Browsers send cookies by themselves; a page of somebody else must not use them, nor sign somebody in.
    if ((changes || request.ws) && bearerOf(request) === undefined && !isSameOrigin(request, origins)) {
      throw new AppError(
        'FORBIDDEN',
        `pages of ${request.headers.origin} may not use this server; behind a proxy see http.trustProxy and http.origins`,
      )
    }
    if (config.public === true) return
    request.caller = await callerOf(request, findCaller)
    refuseCaller(request.caller, config, changes)
  }
}

/** What this caller may not do anywhere, whatever the path names. Throws AppError. */
function refuseCaller(
  { access, must, readOnly = false }: Caller,
  { whileMust, needs = 'view', everywhere = false }: FastifyContextConfig,
  changes: boolean,
): void {
  if (must !== undefined && whileMust !== 'anything' && whileMust !== must) throw dutyFirst[must]()
  if (changes && readOnly) throw new AppError('FORBIDDEN', 'a wall display only looks')
  if (whileMust !== undefined) return
  if (everywhere) access.require(needs, 'everything')
  else if (!access.somewhere(needs)) throw new AppError('FORBIDDEN', `this needs the permission ${needs}`)
}

const dutyFirst: Readonly<Record<SessionDuty, () => AppError>> = {
  'change-password': () =>
    new AppError('PASSWORD_CHANGE_NEEDED', 'choose a new password first: PUT /api/v1/me/password'),
  'set-up-second-factor': () =>
    new AppError('SECOND_FACTOR_SETUP_NEEDED', 'set up the second factor first: POST /api/v1/me/totp'),
}

/** After the path was checked for its form: may the caller do this to the thing that it names? */
export async function guardThing(request: FastifyRequest): Promise<void> {
  const { about, needs = 'view' } = request.routeOptions.config
  if (typeof about !== 'function') return
  request.access.require(needs, about(request.params as Record<string, string>))
}

/** A route that names a thing and does not say which would be open to everybody with a session: the start fails. */
export function requireThing({ method, url, config }: RouteOptions): void {
  if (!url.includes(':') || config?.public === true || config?.everywhere === true) return
  if (config?.about === undefined)
    throw new Error(`${[method].flat().join()} ${url} does not say what it is about: config.about`)
}

export const aboutGateway = ({ id = '' }: Readonly<Record<string, string>>): Thing => ({ gateway: id })
export const aboutDevice = ({ gateway = '', device = '' }: Readonly<Record<string, string>>): Thing => ({
  gateway,
  device,
})
export const aboutNode = ({ id = '' }: Readonly<Record<string, string>>): Thing => ({ node: id })

/** Finds sessions and adds what their person may see and do. */
export function withAccess(findSession: FindSession, places: PlaceIndex): FindCaller {
  return async (token) => {
    const session = await findSession(token)
    return session && { ...session, token, access: new Access(session.user.grants, places) }
  }
}

/** The caller of a route that is not public. */
export function requireCaller(request: FastifyRequest): Caller {
  if (request.caller === null) throw new AppError('UNAUTHENTICATED', 'sign in first')
  return request.caller
}

async function callerOf(request: FastifyRequest, findCaller: FindCaller): Promise<Caller> {
  const token = bearerOf(request) ?? request.cookies[sessionCookie]
  const caller = token === undefined ? undefined : await findCaller(token)
  if (caller === undefined)
    throw new AppError('UNAUTHENTICATED', 'there is no session, or it has ended: sign in')
  return caller
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer ([A-Za-z0-9_-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]
}
