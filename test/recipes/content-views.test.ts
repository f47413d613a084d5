// Content and page views: the code of docs/recipes/content-views.md in a real browser, read by strangers, users and its author.
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { devices, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContentStats, SiteStats, TopContent } from '../../packages/collector/src/stats/shapes'
import { chromiumPath, launchChromium } from '../support/chromium'
import { databases } from '../support/databases'
import { servePages, type Site } from '../support/serve-pages'
import { root } from '../support/source-files'
import {
  asAdmin,
  openFront,
  openStage,
  openVisitor,
  patience,
  readRecipe,
  tokenOf,
  type Front,
  type Stage,
} from './stage'

const [, onPostgres] = databases
const recipe = readRecipe('content-views')
const fromHere = { trustProxy: ['127.0.0.1'] }
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const sendsTo = /v1\/events/

const html = (script: string) => `<!doctype html>
<style>body { margin: 0 } main { height: 600px } li { height: 200px }</style>
<div id="app"></div>
<script>const posts = ['11', '12', '13'].map((id) => ({ id, title: 'An article' }))</script>
<script>${script}</script>`

async function openSite(collector: string): Promise<Site> {
  const page = html(await recipe.bundle("import './main'", { collector }))
  const paths = ['/', '/search', '/articles/1', '/articles/2']
  return servePages({
    ...Object.fromEntries(paths.map((path) => [path, page])),
    '/elsewhere': '<!doctype html><p>Elsewhere',
  })
}

/** What a router does. */
const navigate = (page: Page, to: string) =>
  page.evaluate((to) => {
    history.pushState({}, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, to)

const asked = (part: string) => recipe.asked.filter(({ path }) => path.includes(part))

let browser: Browser
beforeAll(async () => {
  if (!chromiumPath) return
  // The collector serves what is built.
  const dashboard = join(root, 'packages/dashboard')
  execFileSync('node_modules/.bin/tsup', ['--no-clean'], { cwd: dashboard, stdio: 'pipe' })
  cpSync(join(dashboard, 'dist'), join(root, 'packages/collector/dist/dashboard'), { recursive: true })
  browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.skipIf(!chromiumPath).each(databases)('on $name', (database) => {
  let stage: Stage
  let front: Front
  let site: Site
  let tokens: Record<'OWNER_TOKEN' | 'READER_TOKEN' | 'MODERATOR_TOKEN', string>
  beforeAll(async () => {
    stage = await openStage(recipe, await database.options(), fromHere)
    front = await openFront(stage.origin)
    site = await openSite(front.origin)
    tokens = {
      OWNER_TOKEN: await tokenOf('ada'),
      READER_TOKEN: await tokenOf('bob'),
      MODERATOR_TOKEN: await tokenOf('mona', { role: 'moderator' }),
    }
  })
  afterAll(async () => {
    await site?.close()
    await front?.close()
    await stage?.close()
  })

  const statsOf = (name: string) => stage.ask<ContentStats>(`/v1/content/${name}/stats`)

  /** Opens a page from another site, waits, does something and leaves. */
  async function visit(
    path: string,
    {
      country,
      from,
      token,
      device = 'Desktop Chrome',
    }: { country: string; from?: string; token?: string; device?: string },
    act: (page: Page) => Promise<unknown> = async () => {},
  ): Promise<void> {
    const as = devices[device]!
    front.headers = { 'cf-ipcountry': country, 'user-agent': as.userAgent }
    const { page, context, complaints, close } = await openVisitor(browser, { ...as, sendsTo })
    if (token) await context.addInitScript((token) => localStorage.setItem('access_token', token), token)
    await page.goto(`${site.origin}${path}`, from === undefined ? {} : { referer: from })
    await page.waitForTimeout(400)
    await act(page)
    await page.goto(`${site.origin}/elsewhere`)
    expect(complaints).toEqual([])
    // What leaves with the page is there before the window closes.
    await page.waitForTimeout(300)
    await close()
  }

  test('readers count by device, country and origin, the author does not, and pages count once', async () => {
    for (const each of asked('/v1/content/article/1').filter(({ method }) => method === 'PUT')) await stage.holds(each)
    const news = 'https://www.news.example/stories/1?id=7'
    await visit('/', { country: 'DE', from: news }, async (page) => {
      for (const to of ['/search?q=a', '/search?q=b', '/search?q=b#top', '/articles/1']) {
        await navigate(page, to)
        await page.waitForTimeout(200)
      }
      await page.goBack()
      await page.waitForTimeout(200)
    })
    await visit('/articles/1', { country: 'DE', from: news, token: tokens.READER_TOKEN })
    await visit('/articles/1', { country: 'FR', from: news, device: 'iPhone 13' })
    await visit('/articles/1', { country: 'JP', from: 'https://search.example/?q=light', device: 'iPad Mini' })
    await visit('/articles/1', { country: 'DE', token: tokens.OWNER_TOKEN })

    await expect.poll(async () => (await stage.ask<SiteStats>('/v1/stats/site')).totals.pageViews, patience).toBe(8)
    const pages = await stage.ask<TopContent>('/v1/stats/top?by=pageViews')
    expect(pages.items.map(({ content, value }) => [content.id, value])).toEqual([
      ['/articles/1', 5],
      ['/search', 2],
      ['/', 1],
    ])
    for (const each of asked('/stats')) await stage.holds(each, tokens)
    const { breakdowns, series } = await statsOf('page/%2F')
    expect(breakdowns.referrer.items).toEqual([{ value: 'news.example', count: 1 }])
    expect(series).toHaveLength(7)
    expect((await stage.ask<SiteStats>('/v1/stats/site?audience=authenticated')).totals).toMatchObject({
      views: 1,
      pageViews: 2,
    })
    expect((await stage.ask<SiteStats>('/v1/stats/site?audience=anonymous')).totals).toMatchObject({
      views: 3,
      pageViews: 6,
    })
  })

  test('a moderator turns the dashboard from everyone to signed in and anonymous', async () => {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1_280, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${stage.origin}/#token=${tokens.MODERATOR_TOKEN}`)
    const card = () =>
      page.$$eval('.card', (cards) => {
        const found = cards.find((each) => each.querySelector('.card-label')?.textContent === 'Page views')
        return found?.querySelector('b')?.textContent
      })
    await expect.poll(card, patience).toBe('8')
    await page.keyboard.press('a')
    await expect.poll(card, patience).toBe('2')
    await page.keyboard.press('a')
    await expect.poll(card, patience).toBe('6')
    await page.keyboard.press('a')
    await expect.poll(card, patience).toBe('8')
    await context.close()
  })

  test('callers without the SDK are answered as the recipe says', async () => {
    for (const each of [...asked('/v1/page-views'), ...asked('/views')]) await stage.holds(each, tokens)
    expect((await statsOf('page/%2Fabout')).breakdowns.referrer.items).toEqual([{ value: 'news.example', count: 1 }])
    expect((await statsOf('article/2')).breakdowns.viewType.items).toEqual([{ value: 'widget', count: 1 }])
    expect((await statsOf('article/1')).totals.views).toBe(4)
  })

  test('a collector that cannot be reached holds up no page, and gets the events later', async () => {
    const before = (await statsOf('page/%2Farticles%2F2').catch(() => undefined))?.totals.pageViews ?? 0
    const { page, context, requests, complaints, close } = await openVisitor(browser, { sendsTo })
    await context.route(sendsTo, (route) => route.abort())
    await page.goto(`${site.origin}/articles/2`)
    await expect.poll(() => requests.length, patience).toBeGreaterThan(1)
    expect(await page.locator('main').innerText()).toBe('The whole article')
    await context.unroute(sendsTo)
    const pageViews = async () => (await statsOf('page/%2Farticles%2F2').catch(() => undefined))?.totals.pageViews
    await expect.poll(pageViews, patience).toBe(before + 1)
    expect(complaints).toEqual([])
    await close()
  })
})

test('an answer is kept for five minutes, and no longer than until an event is stored', async () => {
  let laterMs = 0
  const stage = await openStage(recipe, { memory: true }, fromHere, () => Date.now() + laterMs)
  try {
    const view = () => stage.send('POST', '/v1/content/article/1/views', {})
    const ask = () => stage.ask<ContentStats>('/v1/content/article/1/stats')
    await view()
    const { freshAsOf } = await ask()
    laterMs = 4 * MINUTE_MS
    expect((await ask()).freshAsOf).toBe(freshAsOf)
    laterMs = 6 * MINUTE_MS
    const second = await ask()
    expect(second.freshAsOf).not.toBe(freshAsOf)
    expect(second.totals.views).toBe(1)
    await view()
    expect((await ask()).totals.views).toBe(2)
  } finally {
    await stage.close()
  }
})

test('single events go after a week, what they add up to after five', async () => {
  let laterMs = 0
  const stage = await openStage(
    recipe,
    await onPostgres!.options(),
    { ...fromHere, longestJobPeriodMs: 100 },
    () => Date.now() + laterMs,
  )
  try {
    await stage.send('POST', '/v1/content/article/1/views', { source: 'web' })
    const day = new Date().toISOString().slice(0, 10)
    const ask = () => stage.ask<ContentStats>(`/v1/content/article/1/stats?from=${day}&to=${day}&cache=0`)
    const events = async () => {
      const headers = asAdmin
      const text = await (await stage.send('GET', '/v1/export', undefined, headers)).text()
      return text.split('\n').filter((line) => line.includes('"view"')).length
    }
    const told = { totals: { views: 1 }, viewers: { value: 1, method: 'exact' } }
    expect(await events()).toBe(1)
    laterMs = 7 * DAY_MS
    await expect.poll(async () => (await ask()).madeFrom, patience).toContain('closed_days')
    expect(await events()).toBe(1)
    laterMs = 9 * DAY_MS
    await expect.poll(events, patience).toBe(0)
    expect(await ask()).toMatchObject(told)
    laterMs = 30 * DAY_MS
    expect(await ask()).toMatchObject({ ...told, breakdowns: { source: { items: [{ value: 'web', count: 1 }] } } })
    laterMs = 40 * DAY_MS
    await expect.poll(async () => (await ask()).totals.views, patience).toBe(0)
    expect((await ask()).keptFrom > day).toBe(true)
  } finally {
    await stage.close()
  }
})
