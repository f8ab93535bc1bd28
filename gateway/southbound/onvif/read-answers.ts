import type { OnvifMessage } from './decode-event.ts'

/**
 * Picks what is needed out of SOAP answers as the package reads them: in its raw trees every child is a list, in its
 * flattened ones a list of one is the thing itself. Whatever is missing or of another shape is `undefined`. Pure.
 */
export function at(tree: unknown, ...path: readonly string[]): unknown {
  let here = first(tree)
  for (const name of path) {
    if (typeof here !== 'object' || here === null) return undefined
    here = first((here as Record<string, unknown>)[name])
  }
  return here
}

export function textAt(tree: unknown, ...path: readonly string[]): string | undefined {
  const found = at(tree, ...path)
  if (typeof found === 'string') return found.trim()
  if (typeof found === 'number' || typeof found === 'boolean') return String(found)
  // An element with attributes keeps its text beside them.
  const inner = at(found, '_')
  return typeof inner === 'string' ? inner.trim() : undefined
}

export function numberAt(tree: unknown, ...path: readonly string[]): number | undefined {
  const text = textAt(tree, ...path)
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** A list, whether there are none, one or several. */
export function listAt(tree: unknown, name?: string): readonly unknown[] {
  const found = name === undefined ? tree : at(tree) === undefined ? undefined : raw(at(tree), name)
  if (found === undefined || found === null || found === '') return []
  return Array.isArray(found) ? found : [found]
}

/** The notifications of a pull, texts only: a token of "000" stays what it is. */
export function messagesOf(pullMessagesResponse: unknown): readonly OnvifMessage[] {
  return listAt(pullMessagesResponse, 'notificationMessage').flatMap((one) => {
    const topic = textAt(one, 'topic')
    const message = at(one, 'message', 'message')
    if (topic === undefined || topic === '' || message === undefined) return []
    const operation = textAt(message, '$', 'PropertyOperation')
    const utcTime = textAt(message, '$', 'UtcTime')
    return [
      {
        topic,
        source: itemsOf(at(message, 'source')),
        key: itemsOf(at(message, 'key')),
        data: itemsOf(at(message, 'data')),
        ...(isOperation(operation) ? { operation } : {}),
        ...(utcTime === undefined ? {} : { utcTime }),
      },
    ]
  })
}

/** How long a subscription lives, by the camera's own two times: its clock does not matter. */
export function remainingMs(answer: unknown): number | undefined {
  const [now, end] = [textAt(answer, 'currentTime'), textAt(answer, 'terminationTime')].map((text) =>
    Date.parse(text ?? ''),
  )
  const left = (end ?? Number.NaN) - (now ?? Number.NaN)
  return Number.isFinite(left) && left > 0 ? left : undefined
}

/** What stands in ReferenceParameters has to come back as header elements: some cameras tell subscriptions apart by it. */
export function referenceHeaders(xml: string): string {
  const [, inside = ''] =
    /<(?:\w+:)?ReferenceParameters[^>]*>([\s\S]*?)<\/(?:\w+:)?ReferenceParameters>/.exec(xml) ?? []
  const elements = [...inside.matchAll(/<((?:(\w+):)?\w+)((?:\s[^>]*)?)>([^<]*)<\/\1>/g)]
  return elements
    .map(([, name = '', prefix, attributes = '', text = '']) => {
      const declared = namespaceOf(prefix, attributes, xml)
      return `<${name}${attributes}${declared} a:IsReferenceParameter="true">${text}</${name}>`
    })
    .join('')
}

function namespaceOf(prefix: string | undefined, attributes: string, xml: string): string {
  const name = prefix === undefined ? 'xmlns' : `xmlns:${prefix}`
  if (attributes.includes(`${name}=`)) return ''
  const [, uri] = new RegExp(`\\s${name}=["']([^"']*)["']`).exec(xml) ?? []
  return uri === undefined ? '' : ` ${name}="${uri}"`
}

function itemsOf(list: unknown): Readonly<Record<string, string>> {
  const items: Record<string, string> = {}
  for (const item of listAt(list, 'simpleItem')) {
    const name = textAt(item, '$', 'Name')
    if (name !== undefined && name !== '__proto__') items[name] = textAt(item, '$', 'Value') ?? ''
  }
  return items
}

function isOperation(text: string | undefined): text is NonNullable<OnvifMessage['operation']> {
  return text === 'Initialized' || text === 'Changed' || text === 'Deleted'
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value
}

function raw(tree: unknown, name: string): unknown {
  return typeof tree === 'object' && tree !== null ? (tree as Record<string, unknown>)[name] : undefined
}
