import type { WebSocket } from '@fastify/websocket'
import {
  Events,
  type Events as EventsAnswer,
  EventsQuery,
  LiveMessage,
  LiveQuery,
  LiveRequest,
  liveCloseCodes,
} from '#contract/api/live.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { type Validated, validator } from '#lib/validate.ts'
import { type App, answers } from './app.ts'
import { type Caller, type FindCaller, requireCaller } from './guard.ts'
import { type LiveClient, type LiveConnection, type LiveHub, maxTopics, type Sees } from './live-hub.ts'

export type LiveRouteOptions = {
  readonly hub: LiveHub
  readonly clock: Clock
  readonly log: Logger
  readonly findCaller: FindCaller
}

const parseRequest = validator(LiveRequest)
/** How often a socket's session and its other end are looked after. */
const checkEveryMs = 15_000
const goodbyeMs = 2_000
const tags = ['live']

/** `GET /live`, one WebSocket a tab, and `GET /events`, the same by long poll. */
export function liveRoutes(api: App, options: LiveRouteOptions): void {
  const { hub, clock } = options

  api.route({
    method: 'GET',
    url: '/live',
    schema: {
      operationId: 'live',
      summary: 'WebSocket with everything that changes',
      description:
        'Messages: LiveMessage from the server, LiveRequest from the client. Without an upgrade: 400.',
      tags,
      querystring: LiveQuery,
      response: answers(LiveMessage),
    },
    handler: async () => {
      throw new AppError('BAD_REQUEST', 'open this as a WebSocket')
    },
    wsHandler: (socket, request) => {
      const { since } = request.query as { since?: number }
      serveSocket(socket, { ...options, caller: requireCaller(request), since })
    },
  })

  api.get(
    '/events',
    {
      schema: {
        operationId: 'events',
        summary: 'The live stream by long poll',
        description: 'Without `since`: the present number, at once.',
        tags,
        querystring: EventsQuery,
        response: answers(Events),
      },
    },
    async (request, reply): Promise<EventsAnswer> => {
      const { since = hub.seq, wait = 25, topic: topics = ['alarms', 'gateways'] } = request.query
      const sees = seesOf(requireCaller(request))
      let collected = hub.collect(since, topics, sees)
      if (request.query.since !== undefined && !collected.resync && collected.events.length === 0) {
        const gone = new AbortController()
        reply.raw.once('close', () => gone.abort())
        await somethingHappens({ hub, clock, topics, sees, waitMs: wait * 1_000, gone })
        collected = hub.collect(since, topics, sees)
      }
      return { seq: hub.seq, now: clock.now(), build: hub.build, ...collected, events: [...collected.events] }
    },
  )
}

type SocketOptions = LiveRouteOptions & { readonly caller: Caller; readonly since: number | undefined }

function seesOf({ access }: Pick<Caller, 'access'>): Sees {
  return (thing) => access.can('view', thing)
}

function serveSocket(socket: WebSocket, { hub, clock, log, findCaller, caller, since }: SocketOptions): void {
  const closed = new AbortController()
  const client = hub.connect(connectionOf(socket), { sees: seesOf(caller), since })
  let rights = JSON.stringify(caller.user.grants)
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    const request = isBinary ? undefined : parse(data)
    if (request?.ok) answer(hub, client, request.value)
    else
      client.send({
        type: 'error',
        code: 'MESSAGE_INVALID',
        message: 'expected {"type":"sub"|"unsub","topics":[…]}',
      })
  })
  socket.on('error', (err) => log.debug({ err }, 'live socket failed'))
  socket.on('close', () => {
    closed.abort()
    hub.disconnect(client)
  })
  // Its failures are the session's end or the store's; both end the socket, and the client comes back.
  void lookAfter(socket, {
    clock,
    signal: closed.signal,
    isValid: async () => {
      const now = await findCaller(caller.token)
      if (now === undefined) return false
      client.sees = seesOf(now)
      // What it knows may be more than it may know now, or less.
      const newRights = JSON.stringify(now.user.grants)
      if (newRights !== rights) client.send({ type: 'resync' })
      rights = newRights
      return true
    },
  })
}

function answer(hub: LiveHub, client: LiveClient, { type, topics }: LiveRequest): void {
  if (type === 'unsub') hub.unsubscribe(client, topics)
  else if (!hub.subscribe(client, topics))
    client.send({ type: 'error', code: 'BAD_REQUEST', message: `at most ${maxTopics} topics at once` })
}

function connectionOf(socket: WebSocket): LiveConnection {
  return {
    send: (text) => socket.send(text, () => {}), // a socket that fails to send closes
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    close: (code) =>
      sayGoodbye(socket, code, code === 'TOO_SLOW' ? liveCloseCodes.tooSlow : liveCloseCodes.goingAway),
  }
}

function sayGoodbye(socket: WebSocket, code: string, status: number): void {
  socket.send(JSON.stringify({ type: 'bye', code }), () => {})
  socket.close(status, code)
  // Behind megabytes that nobody reads the goodbye never arrives.
  const insist = setTimeout(() => socket.terminate(), goodbyeMs)
  socket.once('close', () => clearTimeout(insist))
}

type Watch = { readonly clock: Clock; readonly signal: AbortSignal; readonly isValid: () => Promise<boolean> }

/** Ends the socket when its session has ended or when the other end stopped answering. */
async function lookAfter(socket: WebSocket, { clock, signal, isValid }: Watch): Promise<void> {
  let answered = true
  socket.on('pong', () => {
    answered = true
  })
  for (;;) {
    await clock.sleep(checkEveryMs, signal)
    if (signal.aborted) return
    if (!answered) return socket.terminate()
    answered = false
    socket.ping()
    const valid = await isValid().catch(() => true) // a store that is away signs nobody out
    if (!valid) return sayGoodbye(socket, 'UNAUTHENTICATED', liveCloseCodes.policy)
  }
}

type Wait = {
  readonly hub: LiveHub
  readonly clock: Clock
  readonly topics: readonly string[]
  readonly sees: Sees
  readonly waitMs: number
  readonly gone: AbortController
}

/** Resolves with the first event of `topics`, after `waitMs`, or when the caller has gone. */
async function somethingHappens({ hub, clock, topics, sees, waitMs, gone }: Wait): Promise<void> {
  let watching = false
  const connection = {
    send: (text: string) => watching && text.startsWith('{"type":"ev"') && gone.abort(),
    bufferedAmount: 0,
    close: () => gone.abort(),
  }
  const client = hub.connect(connection, { sees })
  hub.subscribe(client, topics)
  watching = true
  await clock.sleep(waitMs, gone.signal)
  hub.disconnect(client)
}

function parse(data: Buffer): Validated<LiveRequest> | undefined {
  try {
    return parseRequest(JSON.parse(data.toString()))
  } catch {
    return undefined
  }
}
