import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A CAS 3.0 server: tickets work once, for the service they were made for, and for ten seconds. */
export async function startCasServer(people: Record<string, Record<string, readonly string[]>>) {
  const tickets = new Map<string, { user: string; service: string; until: number }>()
  /** Instead of the true answer of the next validation. */
  let lie: string | undefined
  /** A browser that is signed in here already comes straight back. */
  function login(user: string, service: string): string | undefined {
    if (people[user] === undefined) return undefined
    const ticket = `ST-${randomBytes(16).toString('hex')}`
    tickets.set(ticket, { user, service, until: Date.now() + 10_000 })
    const back = new URL(service)
    back.searchParams.set('ticket', ticket)
    return back.href
  }

  function validate(ticket: string, service: string): string {
    const found = tickets.get(ticket)
    tickets.delete(ticket)
    const told = lie
    lie = undefined
    if (told !== undefined) return told
    if (found === undefined || Date.now() > found.until) return no('INVALID_TICKET')
    return found.service === service ? yes(found.user, people[found.user] ?? {}) : no('INVALID_SERVICE')
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cas')
    const asked = (name: string) => searchParams.get(name) ?? ''
    if (pathname === '/cas/login') {
      const location = login(asked('as'), asked('service'))
      if (location === undefined) response.writeHead(200).end('sign in')
      else response.writeHead(302, { location }).end()
    } else if (pathname === '/cas/p3/serviceValidate') {
      response
        .writeHead(200, { 'content-type': 'application/xml' })
        .end(validate(asked('ticket'), asked('service')))
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cas`,
    answerNextWith: (text: string) => {
      lie = text
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const response = (inside: string) =>
  `<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">${inside}</cas:serviceResponse>`

function no(code: string): string {
  return response(`<cas:authenticationFailure code="${code}">refused</cas:authenticationFailure>`)
}

export function yes(user: string, attributes: Readonly<Record<string, readonly string[]>>): string {
  const all = Object.entries(attributes).flatMap(([name, values]) =>
    values.map((value) => `<cas:${name}>${value}</cas:${name}>`),
  )
  return response(
    `<cas:authenticationSuccess><cas:user>${user}</cas:user><cas:attributes>${all.join('')}</cas:attributes></cas:authenticationSuccess>`,
  )
}
