import type { NewSubscription } from '#contract/api/notifications.ts'

export type PushState = 'unsupported' | 'denied' | 'off' | 'on'

const worker = '/push-worker.js'
/** Which of the person's subscriptions is this browser's: the server does not give addresses back. */
const storageKey = 'console.push'

/** Whether this browser is told, as far as it knows; `known` are the subscriptions that the server has. */
export async function pushState(known: readonly string[]): Promise<PushState> {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window))
    return 'unsupported'
  if (Notification.permission === 'denied') return 'denied'
  const registration = await navigator.serviceWorker.getRegistration('/')
  const subscription = await registration?.pushManager.getSubscription()
  const id = ownId()
  return subscription != null && id !== null && known.includes(id) ? 'on' : 'off'
}

/** The id under which the server knows this browser. */
export function ownId(): string | null {
  return localStorage.getItem(storageKey)
}

export function rememberId(id: string | undefined): void {
  if (id === undefined) localStorage.removeItem(storageKey)
  else localStorage.setItem(storageKey, id)
}

/** The person said no, or the browser's own push service was not reached. */
export class PushRefused extends Error {
  readonly why: 'denied' | 'service'

  constructor(why: 'denied' | 'service', cause?: unknown) {
    super(`push ${why}`, { cause })
    this.name = 'PushRefused'
    this.why = why
  }
}

/** Asks the person and the browser. Has to be called from a click. */
export async function subscribe(pushKey: string): Promise<NewSubscription> {
  if ((await Notification.requestPermission()) !== 'granted') throw new PushRefused('denied')
  await navigator.serviceWorker.register(worker)
  const { pushManager } = await navigator.serviceWorker.ready
  // One of another key, of an installation before, is in the way.
  await (await pushManager.getSubscription())?.unsubscribe()
  const subscription = await pushManager
    .subscribe({ userVisibleOnly: true, applicationServerKey: pushKey })
    .catch((cause: unknown) => {
      throw new PushRefused('service', cause)
    })
  const { endpoint = '', keys = {} } = subscription.toJSON()
  const { p256dh = '', auth = '' } = keys
  return { endpoint, keys: { p256dh, auth }, browser: browserName(navigator.userAgent) }
}

export async function unsubscribe(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration('/')
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
  rememberId(undefined)
}

/** `Edge · Windows`: what a person knows it by. Pure. */
export function browserName(userAgent: string): string {
  const first = (names: readonly (readonly [RegExp, string])[], other: string): string =>
    names.find(([pattern]) => pattern.test(userAgent))?.[1] ?? other
  const browser = first(
    [
      [/Edg/, 'Edge'],
      [/MicroMessenger/, 'WeChat'],
      [/Firefox/, 'Firefox'],
      [/Chrome/, 'Chrome'],
      [/Safari/, 'Safari'],
    ],
    'Browser',
  )
  const system = first(
    [
      [/Android/, 'Android'],
      [/HarmonyOS|OpenHarmony/, 'HarmonyOS'],
      [/iPhone|iPad/, 'iOS'],
      [/Windows/, 'Windows'],
      [/Mac OS/, 'macOS'],
      [/Linux/, 'Linux'],
    ],
    '?',
  )
  return `${browser} · ${system}`
}
