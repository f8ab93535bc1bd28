import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { ensureConsoleBuilt } from '../../cloud/console/ensure-built.ts'
import { findProgram } from './servers.ts'
import { waitFor } from './wait-for.ts'

export type BrowseOptions = {
  readonly origin: string
  readonly language?: 'zh-CN' | 'en'
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

/** A page of the console, and what a test may say about it. */
export type ConsolePage = {
  readonly page: Page
  readonly origin: string
  /** Problems that match are part of the test and do not fail it. */
  expectProblem(pattern: RegExp): void
  /** Signs in through the form and waits for the list of devices. */
  signIn(username: string, password: string): Promise<void>
  /** Opens a path of the console and waits until the page has drawn something other than its skeleton. */
  open(path: string): Promise<void>
}

const browserArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The console has to be built before a cloud that serves it starts. */
export async function buildConsole(): Promise<void> {
  await ensureConsoleBuilt()
}

export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async start(): Promise<TestBrowser> {
    const executablePath = findProgram('chromium')
    if (executablePath === undefined) throw new Error('Chromium is not installed: npm run setup:debian')
    return new TestBrowser(await chromium.launch({ executablePath, args: browserArguments }))
  }

  /**
   * Runs `test` in a fresh profile. Fails on a console error, an error of the page, a breach of the security policy, a
   * request to another origin or an answer of 5xx that the test did not expect. The browser stands in another time zone
   * than the site on purpose.
   */
  async browse(options: BrowseOptions, test: (opened: ConsolePage) => Promise<void>): Promise<void> {
    const context = await this.#browser.newContext(contextOptions(options))
    try {
      await context.addInitScript(initScript(options))
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      const problems = watch(page, options.origin)
      const expected: RegExp[] = []
      await test({
        page,
        origin: options.origin,
        expectProblem: (pattern) => expected.push(pattern),
        signIn: (username, password) => signIn(page, options.origin, { username, password }),
        open: (path) => open(page, `${options.origin}${path}`),
      })
      problems.push(...(await page.evaluate<string[]>('window.policyBreaches ?? []')))
      expect(problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)))).toEqual([])
    } finally {
      await context.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close()
  }
}

function contextOptions({ width = 1366, height = 768 }: BrowseOptions): BrowserContextOptions {
  return {
    locale: 'zh-CN',
    timezoneId: 'America/New_York',
    viewport: { width, height },
    hasTouch: width < 500,
    acceptDownloads: true,
    bypassCSP: false,
  }
}

function initScript({ language = 'zh-CN', theme = 'light' }: BrowseOptions): string {
  return `
    localStorage.getItem('console.language') ?? localStorage.setItem('console.language', '${language}')
    localStorage.getItem('console.theme') ?? localStorage.setItem('console.theme', '${theme}')
    window.policyBreaches = []
    document.addEventListener('securitypolicyviolation', (event) =>
      window.policyBreaches.push('security policy: ' + event.violatedDirective + ' ' + event.blockedURI))
  `
}

function watch(page: Page, origin: string): string[] {
  const problems: string[] = []
  const own = [origin, origin.replace(/^http/, 'ws'), 'blob:', 'data:']
  const isForeign = (url: string): boolean => !own.some((prefix) => url.startsWith(prefix))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      problems.push(`console: ${message.text()} (${message.location().url})`)
    }
  })
  page.on('pageerror', (error) => problems.push(`page: ${error.message}`))
  page.on('request', (request) => {
    if (isForeign(request.url())) problems.push(`foreign request: ${request.url()}`)
  })
  page.on('websocket', (socket) => {
    if (isForeign(socket.url())) problems.push(`foreign socket: ${socket.url()}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 500) problems.push(`${response.status()}: ${response.url()}`)
  })
  return problems
}

type Login = { readonly username: string; readonly password: string }

async function signIn(page: Page, origin: string, { username, password }: Login): Promise<void> {
  await page.goto(`${origin}/sign-in`)
  await page.getByLabel(/用户名|User name/).fill(username)
  await page.getByLabel(/密码|Password/).fill(password)
  await page.getByRole('button', { name: /登录|Sign in/ }).click()
  // The address changes before the form is gone.
  await page.getByRole('navigation').first().waitFor()
  await settled(page)
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await settled(page)
}

/** The page has a heading and no skeleton. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await waitFor(async () => expect(await page.locator('[aria-busy=true]').count()).toBe(0))
}

/** Waits until the element's text contains `text`, whatever the white space. */
export async function expectText(element: Locator, text: string | RegExp): Promise<void> {
  await waitFor(async () => {
    const found = ((await element.textContent({ timeout: 2000 })) ?? '').replace(/\s+/g, ' ')
    if (typeof text === 'string') expect(found).toContain(text)
    else expect(found).toMatch(text)
  })
}

/** What axe finds against WCAG 2.2 A and AA, one line each. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  // A colour halfway from disabled to enabled is nobody's choice. What turns for ever is not waited for.
  await page.evaluate(`Promise.allSettled(document.getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().endTime < 5000)
    .map((animation) => animation.finished))`)
  return page.evaluate<string[]>(`
    axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }).then((result) =>
      result.violations.flatMap((violation) =>
        violation.nodes.map((node) => violation.id + ': ' + node.html.slice(0, 200))))
  `)
}

/** How many pixels the page is wider than the window; 0 when nothing has to be scrolled sideways. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate<number>(
    'Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)',
  )
}
