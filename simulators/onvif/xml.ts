/** An element without its prefix: names are told apart by position, not by namespace. */
export type XmlNode = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlNode[]
  readonly text: string
}

type Open = { name: string; attributes: Record<string, string>; children: XmlNode[]; text: string }

const token =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([^\s/>]+)([^>]*?)(\/?)>|([^<]+)/g
const attribute = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

/** As much XML as SOAP requests use. Written apart from the parser of the gateway, so that both cannot err alike. */
export function parseXml(text: string): XmlNode | undefined {
  const root: Open = { name: '', attributes: {}, children: [], text: '' }
  const stack: Open[] = [root]
  for (const found of text.matchAll(token)) if (!take(stack, found)) return undefined
  return stack.length === 1 ? root.children[0] : undefined
}

/** False where the text is no XML. */
function take(
  stack: Open[],
  [, cdata, closing, name, attributes = '', empty, words]: RegExpExecArray,
): boolean {
  const top = stack.at(-1)
  if (top === undefined) return false
  if (closing === '/') return stack.length > 1 && local(name) === stack.pop()?.name
  top.text += cdata ?? unescapeXml(words ?? '')
  if (name === undefined || name.startsWith('!')) return true
  const node: Open = { name: local(name), attributes: attributesOf(attributes), children: [], text: '' }
  top.children.push(node)
  if (empty !== '/') stack.push(node)
  return true
}

export function child(node: XmlNode | undefined, ...path: readonly string[]): XmlNode | undefined {
  return path.reduce<XmlNode | undefined>((at, name) => at?.children.find((one) => one.name === name), node)
}

export function textAt(node: XmlNode | undefined, ...path: readonly string[]): string | undefined {
  return child(node, ...path)?.text.trim()
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
    return named[name] ?? whole
  })
}

function attributesOf(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name = '', double, single] of text.matchAll(attribute)) {
    found[local(name)] = unescapeXml(double ?? single ?? '')
  }
  return found
}

function local(name = ''): string {
  return name.slice(name.indexOf(':') + 1)
}
