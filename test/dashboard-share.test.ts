// Shared links as people use them: a real Chromium, the built files, a real collector. One page, read-only, until it is revoked.
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCollector } from '../packages/collector/src/collector'
import { openDatabase, type Database } from '../packages/collector/src/database/open-database'
import type { MadeShare, ShareList } from '../packages/collector/src/shares/shapes'
import { chromiumPath, launchChromium } from './support/chromium'
import { root } from './support/source-files'

const ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'
const dashboard = join(root, 'packages/dashboard')
const hostile = '<img src=x onerror=window.hit=1>'

let browser: Browser
let db: Database
let app: Awaited<ReturnType<typeof buildCollector>>
let origin: string

const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }

async function send(method: 'POST' | 'PUT', path: string, body: object, agent = 'Mozilla/5.0 Chrome/140.0') {
  const answer = await fetch(`${origin}/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'user-agent': agent, ...(method === 'PUT' && headers) },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

const eventOf = (type: string, id: string) => ({
  type,
  content: { type: 'post', id },
  source: 'feed',
  ...(type === 'view' && { durationMs: 4_000, scrollDepth: 60 }),
})

async function makeLink(wish: object): Promise<{ link: string; id: string; token: string }> {
  const answer = await fetch(`${origin}/v1/shares`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  })
  const { id, token } = (await answer.json()) as MadeShare
  return { link: `${origin}/#share=${token}`, id, token }
}

const revoke = (id: string) => fetch(`${origin}/v1/shares/${id}`, { method: 'DELETE', headers })

/** A page of a browser of its own, what it asked for, and what it did that it should not have. */
async function openPage(options: Parameters<Browser['newContext']>[0] = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1_280, height: 900 }, ...options })
  const page = await context.newPage()
  const [asked, refused, complaints]: string[][] = [[], [], []]
  page.on('request', (request) => asked!.push(request.url()))
  page.on('response', (response) => {
    if (response.status() >= 400) refused!.push(`${response.status()} ${new URL(response.url()).pathname}`)
  })
  page.on('console', (message) => {
    // A refusal that the page was told of and shows is no mistake of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints!.push(message.text())
  })
  page.on('pageerror', (error) => complaints!.push(error.message))
  return { context, page, asked: asked!, refused: refused!, complaints: complaints! }
}

const ready = (page: Page) => page.waitForSelector('main[aria-busy="false"] .panel:not(.loading)')

const card = (page: Page, label: string) =>
  page.$$eval(
    '.card',
    (cards, wanted) =>
      cards.find((each) => each.querySelector('.card-label')?.textContent === wanted)?.querySelector('b')?.textContent,
    label,
  )

const sentence = async (page: Page) => {
  await page.waitForSelector('[role=alert]')
  return page.textContent('[role=alert]')
}

/** Pages that the links on this one lead to. */
const destinations = (page: Page) =>
  page.$$eval('a[href]', (links) => [
    ...new Set(links.map((link) => new URL((link as HTMLAnchorElement).href).searchParams.get('page') ?? 'overview')),
  ])

describe.skipIf(!chromiumPath)('a shared link', () => {
  beforeAll(async () => {
    execFileSync('node_modules/.bin/tsup', ['--no-clean'], { cwd: dashboard, stdio: 'pipe' })
    cpSync(join(dashboard, 'dist'), join(root, 'packages/collector/dist/dashboard'), { recursive: true })
    browser = await launchChromium()
    db = await openDatabase({ memory: true })
    const config = { adminToken: ADMIN_TOKEN, logLevel: 'silent', networkEventsPerSecond: 0, statsCacheMs: 0 } as const
    app = await buildCollector({ db, config })
    origin = new URL(await app.listen({ port: 0, host: '127.0.0.1' })).origin
    for (const [visitor, id] of ['1', '1', '1', '2', '2'].entries()) {
      const events = ['impression', 'view', 'click', 'like'].map((type) => eventOf(type, id))
      await send('POST', 'events', { events }, `Mozilla/5.0 Chrome/140.0 ${visitor}`)
    }
    await send('PUT', 'content/post/1', { title: 'A walk by the sea' })
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await db?.close()
  })

  test('is made by an admin on the overview, and shows whoever has it the same numbers and nothing else', async () => {
    const admin = await openPage()
    await admin.page.goto(`${origin}/?days=30#token=${ADMIN_TOKEN}`)
    await expect.poll(() => card(admin.page, 'Views'), { timeout: 20_000 }).toBe('5')
    await admin.page.click('.way-out button:has-text("Share")')
    await admin.page.fill('dialog.share label:has-text("Name") input', 'For the board')
    await admin.page.selectOption('dialog.share select', '90')
    await admin.page.click('dialog.share button:has-text("Make a link")')
    const link = await admin.page.inputValue('.fresh-link input')
    expect(link).toMatch(/\/\?days=30#share=sightline_share_[\w-]{43}$/)
    await admin.context.close()

    const { page, context, asked, refused, complaints } = await openPage()
    await page.goto(link)
    await ready(page)
    expect(await card(page, 'Views')).toBe('5')
    expect(await page.title()).toBe('For the board · shared · Sightline')
    expect(await page.textContent('h1')).toContain('For the board')
    expect(await page.textContent('.top-bar p')).toMatch(/^Shared, read-only, until /)
    expect(
      await page.locator('nav[aria-label="Pages"], .way-out button:not([aria-label="Keyboard keys"])').count(),
    ).toBe(0)
    expect((await destinations(page)).filter((name) => name !== 'overview')).toEqual([])
    const paths = new Set(asked.map((url) => new URL(url).pathname).filter((path) => path.startsWith('/v1/')))
    expect(
      [...paths].filter((path) => !/^\/v1\/(session|stats\/(site|series|top|breakdown\/\w+))$/.test(path)),
    ).toEqual([])
    const secret = new URL(link).hash.slice('#share='.length)
    expect(asked.filter((url) => url.includes(secret) && !url.startsWith(link.split('#')[0]!))).toEqual([])
    expect([refused, complaints]).toEqual([[], []])
    await context.close()
  })

  test('keeps what its reader chooses through a reload and the way back', async () => {
    const { link } = await makeLink({ scope: 'overview' })
    const { page, context } = await openPage()
    await page.goto(link)
    await ready(page)
    await page.click('label:has-text("Signed in")')
    await expect.poll(() => card(page, 'Views')).toBe('0')
    await page.click('label:has-text("30 days")')
    await page.waitForURL(/days=30/)
    expect(page.url()).toBe(`${origin}/?days=30&audience=authenticated${new URL(link).hash}`)
    await page.reload()
    await ready(page)
    expect(await card(page, 'Views')).toBe('0')
    await page.goBack()
    await page.goBack()
    await expect.poll(() => card(page, 'Views')).toBe('5')
    expect(page.url()).toBe(link)
    await context.close()
  })

  test('filters by its rows, and leads nowhere', async () => {
    const { link } = await makeLink({ scope: 'overview' })
    const { page, context, refused } = await openPage()
    await page.goto(link)
    await ready(page)
    await page.click('#top tbody th a:has-text("A walk by the sea")')
    await expect.poll(() => card(page, 'Views')).toBe('3')
    expect(page.url()).toContain(new URL(link).hash)
    expect((await destinations(page)).filter((name) => name !== 'overview')).toEqual([])
    expect(refused).toEqual([])
    await context.close()
  })

  test.each(['?page=trust', '?page=content&type=post&id=1', '?page=feed', '?page=live'])(
    'to the overview stays the overview when its address is changed to %s',
    async (query) => {
      const { token } = await makeLink({ scope: 'overview' })
      const { page, context, refused } = await openPage()
      await page.goto(`${origin}/${query}#share=${token}`)
      await ready(page)
      expect(await card(page, 'Views')).toBe('5')
      await page.keyboard.press('5')
      await page.keyboard.press('w')
      await ready(page)
      expect([await card(page, 'Page views'), refused]).toEqual(['0', []])
      await context.close()
    },
  )

  test('to a content is made on its page, and shows that content whatever the address says', async () => {
    const admin = await openPage()
    await admin.page.goto(`${origin}/?page=content&type=post&id=1#token=${ADMIN_TOKEN}`)
    await ready(admin.page)
    await admin.page.click('.way-out button:has-text("Share")')
    await admin.page.click('dialog.share button:has-text("Make a link")')
    const link = await admin.page.inputValue('.fresh-link input')
    await admin.context.close()

    const { page, context, asked, refused } = await openPage()
    await page.goto(link.replace('id=1', 'id=2'))
    await ready(page)
    expect(await page.textContent('.content-title')).toContain('A walk by the sea')
    expect(await card(page, 'Views')).toBe('3')
    expect(await page.title()).toBe('post:1 · shared · Sightline')
    expect(await destinations(page)).toEqual([])
    const paths = new Set(asked.map((url) => new URL(url).pathname).filter((path) => path.startsWith('/v1/')))
    expect(
      [...paths].filter((path) => !/^\/v1\/(session|content\/post\/1\/(stats|distributions|positions))$/.test(path)),
    ).toEqual([])
    expect(refused).toEqual([])
    await context.close()
  })

  test('is listed and revoked in the dialog; pages that show it say so at their next question', async () => {
    const made = await makeLink({ scope: 'overview', name: hostile })
    const reader = await openPage()
    await reader.page.goto(made.link)
    await ready(reader.page)
    expect(await reader.page.textContent('h1')).toContain(hostile)

    const admin = await openPage()
    await admin.page.goto(`${origin}/#token=${ADMIN_TOKEN}`)
    await ready(admin.page)
    await admin.page.click('.way-out button:has-text("Share")')
    await admin.page.click(`.links li:has-text("${hostile}") button`)
    await admin.page.waitForSelector(`.links li:has-text("${hostile}"):has-text("revoked"):not(:has(button))`)
    expect(await admin.page.evaluate('window.hit')).toBeUndefined()
    expect(admin.complaints).toEqual([])
    await admin.context.close()

    await reader.page.keyboard.press('r')
    const revoked = 'This share link was revoked. Ask whoever sent it for another one.'
    expect(await sentence(reader.page)).toBe(revoked)
    await reader.page.reload()
    expect(await sentence(reader.page)).toBe(revoked)
    expect(await reader.page.locator('input, .card').count()).toBe(0)
    expect(await reader.page.evaluate('window.hit')).toBeUndefined()
    await reader.context.close()
  })

  test('that was mistyped or is none says so, and asks for no token', async () => {
    const { page, context } = await openPage()
    const { token } = await makeLink({ scope: 'overview' })
    await page.goto(`${origin}/#share=${token.slice(0, -1)}`)
    expect(await sentence(page)).toBe(
      'This share link is not valid. Check that the whole address was copied, or ask for another link.',
    )
    // A change of the fragment alone: the right link is pasted over the wrong one.
    await page.goto(`${origin}/#share=${token}`)
    await ready(page)
    await page.goto(`${origin}/#share=${ADMIN_TOKEN}`)
    expect(await sentence(page)).toBe('This is not a share link. Ask for another one.')
    expect(await page.locator('input').count()).toBe(0)
    await context.close()
  })

  test('is made with the keyboard alone', async () => {
    const { page, context } = await openPage()
    await page.goto(`${origin}/#token=${ADMIN_TOKEN}`)
    await ready(page)
    await page.focus('.way-out button:has-text("Share")')
    await page.keyboard.press('Enter')
    const focused = () =>
      page.evaluate('document.activeElement?.closest("label")?.innerText ?? document.activeElement?.innerText')
    await expect.poll(focused).toContain('Name')
    // A letter that is a key of the page elsewhere is a letter here.
    await page.keyboard.type('made by keys')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.fresh-link input:focus')
    expect(await page.evaluate('getSelection().toString() || document.activeElement.value')).toContain('#share=')
    await page.keyboard.press('Escape')
    await expect.poll(focused).toBe('Share')
    expect(await page.locator('dialog[open]').count()).toBe(0)
    const { shares } = (await (await fetch(`${origin}/v1/shares`, { headers })).json()) as ShareList
    expect(shares[0]?.name).toBe('made by keys')
    await context.close()
  })

  test('is copied by a press', async () => {
    const { page, context } = await openPage({ permissions: ['clipboard-read', 'clipboard-write'] })
    await page.goto(`${origin}/#token=${ADMIN_TOKEN}`)
    await ready(page)
    await page.click('.way-out button:has-text("Share")')
    await page.click('dialog.share button:has-text("Make a link")')
    await page.click('.fresh-link button')
    await expect.poll(() => page.textContent('.fresh-link [role=status]')).toBe('Copied.')
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await page.inputValue('.fresh-link input'))
    await context.close()
  })

  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  interface Violation {
    id: string
    nodes: { html: string; failureSummary?: string }[]
  }

  async function violations(page: Page, name: string): Promise<string[]> {
    await page.evaluate(axe)
    const found = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)')
    const isWider = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
    return [
      ...found.map(({ id, nodes }) => `${name} ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary ?? ''}`),
      ...(isWider ? [`${name} is wider than the screen`] : []),
    ]
  }

  test.each([
    ['light', 1_280],
    ['dark', 390],
  ] as const)('has no violation of accessibility, %s and %s pixels wide', async (colorScheme, width) => {
    const visit = { colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' } as const
    const found: string[] = []
    const ended = await makeLink({ scope: 'overview' })
    await revoke(ended.id)
    const look = async (name: string, address: string, prepare: (page: Page) => Promise<unknown>) => {
      const { page, context }: { page: Page; context: BrowserContext } = await openPage(visit)
      await page.goto(address)
      await prepare(page)
      found.push(...(await violations(page, name)))
      await context.close()
    }
    await look('overview', (await makeLink({ scope: 'overview', name: 'For the board' })).link, ready)
    const content = { scope: 'content', content: { type: 'post', id: '1' } }
    await look('content', (await makeLink(content)).link, ready)
    await look('end', ended.link, sentence)
    await look('dialog', `${origin}/#token=${ADMIN_TOKEN}`, async (page) => {
      await ready(page)
      await page.click('.way-out button:has-text("Share")')
      await page.click('dialog.share button:has-text("Make a link")')
      await page.waitForSelector('.fresh-link')
      await page.waitForSelector('.links li')
    })
    expect(found).toEqual([])
  })

  test('is no cookie: who is signed in here stays signed in', async () => {
    const { link } = await makeLink({ scope: 'overview' })
    const { page, context } = await openPage()
    await page.goto(`${origin}/`)
    await page.fill('#token', ADMIN_TOKEN)
    await page.check('text=Keep me signed in')
    await page.click('button:has-text("Sign in")')
    await ready(page)
    const shared = await context.newPage()
    await shared.goto(link)
    await ready(shared)
    expect(await shared.textContent('.top-bar p')).toContain('Shared, read-only')
    await page.reload()
    await ready(page)
    expect(await page.locator('nav[aria-label="Pages"] a').count()).toBe(6)
    await context.close()
  })
})
