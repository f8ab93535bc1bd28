import { parentPort, type Transferable, Worker } from 'node:worker_threads'

/**
 * Calls to a worker thread: blocking work (SQLite, compression) runs there, the caller awaits a promise.
 * One argument per method, structured-cloned; buffers named in `transfer` move without a copy.
 */
export type WorkerMethods = Record<string, (argument: never) => unknown>
type Argument<M extends WorkerMethods, K extends keyof M> = Parameters<M[K]>[0]
type Answer<M extends WorkerMethods, K extends keyof M> =
  Awaited<ReturnType<M[K]>> extends Transferring<infer T> ? T : Awaited<ReturnType<M[K]>>

type Request = { readonly id: number; readonly method: string; readonly argument: unknown }
type Goodbye = { readonly close: true }
type Failure = { readonly name: string; readonly message: string; readonly code?: string } & {
  readonly errcode?: number
  readonly details?: unknown
}
type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: Failure }

/** What a method in the worker threw, on the caller's side. `code` and SQLite's `errcode` survive the trip. */
export class WorkerError extends Error {
  readonly code: string | undefined
  readonly errcode: number | undefined
  readonly details: unknown

  constructor({ name, message, code, errcode, details }: Failure) {
    super(message)
    this.name = name
    this.code = code
    this.errcode = errcode
    this.details = details
  }
}

export interface WorkerHandle<M extends WorkerMethods> extends AsyncDisposable {
  /** Resolves with the method's answer. Rejects with `WorkerError`; code `WORKER_EXITED` when the thread is gone. */
  call<K extends keyof M & string>(
    method: K,
    argument: Argument<M, K>,
    transfer?: readonly Transferable[],
  ): Promise<Answer<M, K>>
  /** Resolves when the thread has ended, with the reason when it was not asked to. Never rejects. */
  readonly exited: Promise<Error | undefined>
}

/** Starts the worker of `url`, whose file calls `serveWorker`. Disposing waits for calls in hand, then ends the thread. */
export function startWorker<M extends WorkerMethods>(
  url: URL,
  options: { readonly name?: string; readonly workerData?: unknown; readonly closeWithinMs?: number } = {},
): WorkerHandle<M> {
  const worker = new Worker(url, {
    workerData: options.workerData,
    ...(options.name === undefined ? {} : { name: options.name }),
  })
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (reason: Error) => void }>()
  const gone = Promise.withResolvers<Error | undefined>()
  let lastId = 0
  let closing = false
  let ended: Error | undefined

  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.ok) call?.resolve(reply.value as never)
    else call?.reject(new WorkerError(reply.error))
  })
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', (status) => end(new Error(`worker thread ended with status ${status}`)))

  function end(cause: Error): void {
    if (ended !== undefined) return
    ended = new WorkerError({ name: 'WorkerError', message: cause.message, code: 'WORKER_EXITED' })
    for (const call of waiting.values()) call.reject(ended)
    waiting.clear()
    gone.resolve(closing ? undefined : cause)
  }

  return {
    exited: gone.promise,
    call(method, argument, transfer = []) {
      if (ended !== undefined) return Promise.reject(ended)
      const id = ++lastId
      const answer = new Promise<never>((resolve, reject) => waiting.set(id, { resolve, reject }))
      const request: Request = { id, method, argument }
      worker.postMessage(request, [...transfer])
      return answer
    },
    async [Symbol.asyncDispose]() {
      closing = true
      const goodbye: Goodbye = { close: true }
      worker.postMessage(goodbye)
      const deadline = setTimeout(() => void worker.terminate(), options.closeWithinMs ?? 8_000)
      await gone.promise
      clearTimeout(deadline)
      await worker.terminate()
    },
  }
}

/** An answer whose buffers move to the caller instead of being copied. */
export class Transferring<T> {
  readonly value: T
  readonly transfer: readonly Transferable[]

  constructor(value: T, transfer: readonly Transferable[]) {
    this.value = value
    this.transfer = transfer
  }
}

/** Called once by a worker's file. `close` runs after the last call, when the owner disposes the handle. */
export function serveWorker<M extends WorkerMethods>(methods: M, close: () => void = () => {}): void {
  const port = parentPort
  if (port === null) throw new Error('serveWorker runs in a worker thread only')
  let running = 0
  let closing = false

  port.on('message', async (message: Request | Goodbye) => {
    if ('close' in message) {
      closing = true
    } else {
      running++
      const { reply, transfer } = await answer(methods, message)
      port.postMessage(reply, [...transfer])
      running--
    }
    if (!closing || running > 0) return
    close()
    port.close()
  })
}

async function answer(
  methods: WorkerMethods,
  { id, method, argument }: Request,
): Promise<{ reply: Reply; transfer: readonly Transferable[] }> {
  try {
    const run = methods[method] as ((argument: unknown) => unknown) | undefined
    if (run === undefined) throw new Error(`no method ${method} in this worker`)
    const value = await run(argument)
    if (!(value instanceof Transferring)) return { reply: { id, ok: true, value }, transfer: [] }
    return { reply: { id, ok: true, value: value.value }, transfer: value.transfer }
  } catch (error) {
    return { reply: { id, ok: false, error: failureOf(error) }, transfer: [] }
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { code, errcode, details } = error as Partial<WorkerError>
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof errcode === 'number' ? { errcode } : {}),
    ...(details === undefined ? {} : { details }),
  }
}
