import { DOMParser, type Element, type Node, onErrorStopParsing } from '@xmldom/xmldom'

export type CasAnswer =
  | {
      readonly ok: true
      readonly user: string
      readonly attributes: Readonly<Record<string, readonly string[]>>
    }
  | { readonly ok: false; readonly reason: string }

/** CAS Protocol 3.0, appendix A. */
const namespace = 'http://www.yale.edu/tp/cas'
const maxLength = 64 * 1024
const maxAttributes = 500

/**
 * The answer of `/p3/serviceValidate`. A document type is refused before anything is parsed: no answer has one, and entities that
 * grow come in one. Pure.
 */
export function readCasAnswer(text: string): CasAnswer {
  if (text.length > maxLength) return { ok: false, reason: 'the answer is too long' }
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return { ok: false, reason: 'the answer has a document type' }
  let root: Element | null
  try {
    root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, 'text/xml').documentElement
  } catch {
    return { ok: false, reason: 'the answer is not XML' }
  }
  if (root === null || !is(root, 'serviceResponse'))
    return { ok: false, reason: 'the answer is not one of CAS' }
  const [result, ...more] = elements(root)
  if (result === undefined || more.length > 0)
    return { ok: false, reason: 'the answer says nothing, or two things' }
  if (is(result, 'authenticationFailure'))
    return { ok: false, reason: (result.getAttribute('code') ?? 'refused').slice(0, 100) }
  if (!is(result, 'authenticationSuccess')) return { ok: false, reason: 'the answer is neither yes nor no' }
  return success(result)
}

function success(result: Element): CasAnswer {
  const users = elements(result).filter((one) => is(one, 'user'))
  const user = users[0]?.textContent?.trim() ?? ''
  if (users.length !== 1 || user === '') return { ok: false, reason: 'the answer does not name one user' }
  const attributes: Record<string, string[]> = Object.create(null)
  const found = elements(result)
    .filter((one) => is(one, 'attributes'))
    .flatMap(elements)
  for (const one of found.slice(0, maxAttributes)) {
    const name = one.localName ?? ''
    attributes[name] ??= []
    attributes[name].push((one.textContent ?? '').trim())
  }
  return { ok: true, user, attributes: { ...attributes } }
}

function is(element: Element, name: string): boolean {
  return element.namespaceURI === namespace && element.localName === name
}

function elements(parent: Element): Element[] {
  return [...(parent.childNodes as unknown as Iterable<Node>)].filter(
    (one): one is Element => one.nodeType === 1,
  )
}
