import { child, parseXml, type XmlNode } from './xml.ts'

export type SoapRequest = {
  /** Local name of the first element of the body: `GetProfiles`. */
  readonly operation: string
  readonly body: XmlNode
  readonly header?: XmlNode
  /** Path it was sent to: a subscription has one of its own. */
  readonly path: string
}

/** What a service answers: the inside of the body, or a fault. */
export type SoapAnswer =
  | { readonly body: string }
  | { readonly fault: string; readonly reason: string; readonly status?: number }

export function readRequest(text: string, path: string): SoapRequest | undefined {
  const envelope = parseXml(text)
  const body = child(envelope, 'Body')?.children[0]
  if (envelope?.name !== 'Envelope' || body === undefined) return undefined
  const header = child(envelope, 'Header')
  return { operation: body.name, body, path, ...(header === undefined ? {} : { header }) }
}

const namespaces = Object.entries({
  s: 'http://www.w3.org/2003/05/soap-envelope',
  wsa5: 'http://www.w3.org/2005/08/addressing',
  tt: 'http://www.onvif.org/ver10/schema',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  timg: 'http://www.onvif.org/ver20/imaging/wsdl',
  tmd: 'http://www.onvif.org/ver10/deviceIO/wsdl',
  ter: 'http://www.onvif.org/ver10/error',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  tns1: 'http://www.onvif.org/ver10/topics',
  tnsaxis: 'http://www.axis.com/2009/event/topics',
  tnshik: 'http://www.hikvision.com/2011/event/topics',
})
  .map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`)
  .join(' ')

export function envelope(body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope ${namespaces}><s:Body>${body}</s:Body></s:Envelope>`
}

export function faultBody(subcode: string, reason: string): string {
  return (
    `<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code>` +
    `<s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason></s:Fault>`
  )
}
