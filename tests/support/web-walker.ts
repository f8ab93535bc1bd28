import type { App } from '#cloud/http/app.ts'

export type Page = { readonly status: number; readonly location: string | undefined; readonly body: string }

/** A browser without a window: keeps cookies by site, goes one step at a time. Pages under `own` are the app’s. */
export class WebWalker {
  readonly #app: App
  readonly #own: string
  readonly #cookies = new Map<string, Map<string, string>>()

  constructor(app: App, own: string) {
    this.#app = app
    this.#own = own
  }

  async get(url: string): Promise<Page> {
    return await this.#go(url)
  }

  async post(url: string, form: Record<string, string>): Promise<Page> {
    return await this.#go(url, new URLSearchParams(form).toString())
  }

  /** Follows redirects until a page, or an address where `until` is true. */
  async follow(
    url: string,
    until: (url: string) => boolean = () => false,
  ): Promise<{ url: string; page: Page }> {
    let at = url
    for (let steps = 0; steps < 15; steps++) {
      const page = await this.get(at)
      if (page.location === undefined) return { url: at, page }
      at = new URL(page.location, at).href
      if (until(at)) return { url: at, page }
    }
    throw new Error(`${url} leads round and round`)
  }

  cookie(site: string, name: string): string | undefined {
    return this.#cookies.get(new URL(site).host)?.get(name)
  }

  async #go(url: string, form?: string): Promise<Page> {
    const { host, pathname, search } = new URL(url)
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    const headers = {
      cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      accept: 'text/html',
      ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    }
    const isOwn = url.startsWith(this.#own)
    const method = form === undefined ? 'GET' : 'POST'
    if (isOwn) {
      const answer = await this.#app.inject({ method, url: pathname + search, headers: { ...headers, host } })
      keep(jar, [answer.headers['set-cookie'] ?? []].flat())
      return { status: answer.statusCode, location: answer.headers.location, body: answer.body }
    }
    const answer = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(form === undefined ? {} : { body: form }),
    })
    keep(jar, answer.headers.getSetCookie())
    const location = answer.headers.get('location') ?? undefined
    return { status: answer.status, location, body: await answer.text() }
  }
}

function keep(jar: Map<string, string>, cookies: readonly string[]): void {
  for (const cookie of cookies) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
    if (value === '' || /expires=Thu, 01 Jan 1970/i.test(cookie)) jar.delete(name)
    else jar.set(name, value)
  }
}
