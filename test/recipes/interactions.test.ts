// Interactions for recommendations: the code of docs/recipes/interactions.md in a real browser, its answers and its promises
// about persons.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../packages/collector/src/database/open-database'
import type { ContentStats, Durations, Engagement } from '../../packages/collector/src/stats/shapes'
import { chromiumPath, launchChromium } from '../support/chromium'
import { databases } from '../support/databases'
import { servePages, type Site } from '../support/serve-pages'
import { asAdmin, openFront, openStage, openVisitor, patience, readRecipe, sql, tokenOf, type Stage } from './stage'

const [, onPostgres] = databases
const recipe = readRecipe('interactions')
const sendsTo = /v1\/events/
const DAY_MS = 86_400_000
const FLUSH_MS = 5_000

const html = (script: string) => `<!doctype html>
<style>body { margin: 0 } article { height: 340px; margin: 0 0 60px; overflow: hidden }</style>
<div id="app"></div>
<script>const posts = Array.from({ length: 12 }, (_, place) => ({ id: String(place + 1), title: 'A post' }))</script>
<script>${script}</script>`

const entry = "import './main'; export { tracker } from './tracking'; export { setOptOut } from './opt-out'"

/** What the recipe exports to the page. */
interface InPage {
  recipe: {
    tracker: { track(type: string, fields: object): void; flush(): Promise<unknown> }
    setOptOut(isOut: boolean): Promise<void>
  }
}

async function openSite(collector: string): Promise<Site> {
  const script = await recipe.bundle(entry, { collector })
  return servePages({ '/feed': html(script), '/elsewhere': '<!doctype html><p>Elsewhere' })
}

/** A page of the feed for somebody who is signed in. */
async function openFeed(browser: Browser, site: Site, token: string) {
  const visitor = await openVisitor(browser, { sendsTo })
  await visitor.page.goto(`${site.origin}/elsewhere`)
  await visitor.page.evaluate((token) => localStorage.setItem('access_token', token), token)
  await visitor.page.goto(`${site.origin}/feed`)
  return visitor
}

let browser: Browser
beforeAll(async () => {
  if (chromiumPath) browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.skipIf(!chromiumPath).each(databases)('on $name', (database) => {
  let stage: Stage
  let site: Site
  beforeAll(async () => {
    stage = await openStage(recipe, await database.options())
    site = await openSite(stage.origin)
  })
  afterAll(async () => {
    await site?.close()
    await stage?.close()
  })

  test('views, clicks, likes and shares are stored as they happened, and the three questions tell them', async () => {
    const { page, complaints, close } = await openFeed(browser, site, await tokenOf('ada'))
    await page.waitForTimeout(1_300)
    const card = (id: number) => page.locator('article').nth(id - 1)
    await card(2).locator('h2').click()
    await card(1).locator('text=Like').click()
    await card(2).locator('text=Like').click()
    await card(2).locator('text=Share').click()
    // Past posts that stay for less than a second, in the page's own time.
    await page.evaluate(async () => {
      for (const place of [5, 10, 3]) {
        document.querySelectorAll('article')[place]!.scrollIntoView({ block: 'start', behavior: 'instant' })
        await new Promise((resolve) => setTimeout(resolve, 300))
      }
    })
    await page.waitForTimeout(1_300)
    await page.goto(`${site.origin}/elsewhere`)

    const engagement = () => stage.ask<Engagement>('/v1/stats/engagement?days=30')
    await expect.poll(async () => (await engagement()).items[0]?.views, patience).toBe(4)
    expect((await engagement()).items).toMatchObject([
      { userId: 'ada', impressions: 4, views: 4, clicks: 1, likes: 2, shares: 1 },
    ])
    const { rows } = await sql`select type, content_id, source, duration_ms, scroll_depth, metadata from event_log
      where user_id = 'ada' and type in ('view', 'share')`.execute(stage.db.kysely)
    for (const view of rows.filter(({ type }) => type === 'view')) {
      expect(view).toMatchObject({ source: 'feed', scroll_depth: 100 })
      expect(view.duration_ms).toBeGreaterThanOrEqual(1_000)
      expect(view.duration_ms).toBeLessThan(30_000)
    }
    expect(rows.filter(({ type }) => type === 'share')).toMatchObject([
      { content_id: '2', metadata: { method: 'clipboard' } },
    ])

    // Ten others, whose app has no SDK.
    for (let user = 0; user < 10; user++) {
      const view = { type: 'view', content: { type: 'post', id: '2' }, durationMs: 3_000, source: 'profile' }
      const authorization = `Bearer ${await tokenOf(`reader-${user}`)}`
      expect((await stage.send('POST', '/v1/events', view, { authorization })).status).toBe(200)
    }
    const optedOut = await tokenOf('otto')
    await stage.send('PUT', '/v1/me/opt-out', undefined, { authorization: `Bearer ${optedOut}` })
    const questions = recipe.asked.filter(({ path }) => path.startsWith('/v1/stats/'))
    for (const asked of questions) await stage.holds(asked)
    const { views, items } = await stage.ask<Durations>('/v1/stats/durations')
    expect(views.count).toBe(14)
    const own = rows.find(({ type, content_id: id }) => type === 'view' && id === '2')!.duration_ms as number
    expect(items[0]!.value).toBeCloseTo((10 * 3_000 + own) / 11, 3)

    const USER_TOKEN = await tokenOf('cleo')
    for (const asked of recipe.asked.filter((each) => !questions.includes(each))) {
      await stage.holds(asked, { USER_TOKEN, OPTED_OUT_TOKEN: optedOut })
    }
    expect(complaints).toEqual([])
    await close()
  })

  test('a hundred interactions are five requests, and a single one waits for five seconds', async () => {
    const { page, requests, complaints, close } = await openFeed(browser, site, await tokenOf('ben'))
    await page.evaluate(() => (globalThis as unknown as InPage).recipe.tracker.flush())
    const before = requests.length
    await page.evaluate(() => {
      const { tracker } = (globalThis as unknown as InPage).recipe
      for (let i = 0; i < 100; i++)
        tracker.track('like', { content: { type: 'post', id: `many-${i}` }, source: 'feed' })
    })
    const likes = () =>
      requests.slice(before).map(({ body }) => body.events.filter(({ type }) => type === 'like').length)
    await expect.poll(() => likes().reduce((sum, count) => sum + count, 0), patience).toBe(100)
    expect(likes()).toEqual([20, 20, 20, 20, 20])

    // Nothing else is on this page to be told.
    await page.evaluate(() => (globalThis as unknown as InPage).recipe.tracker.flush())
    const trackedAtMs = await page.evaluate(() => {
      ;(globalThis as unknown as InPage).recipe.tracker.track('like', { content: { type: 'post', id: 'one' } })
      return Date.now()
    })
    const one = () => requests.find(({ body }) => body.events.some(({ content }) => content?.id === 'one'))
    await expect.poll(one, patience).toBeDefined()
    expect(one()!.atMs - trackedAtMs).toBeGreaterThanOrEqual(FLUSH_MS - 50)
    expect(complaints).toEqual([])
    await close()
  })

  test('who opted out in the page is followed nowhere, and has a copy of what was stored before', async () => {
    const token = await tokenOf('dan')
    const authorization = `Bearer ${token}`
    const { page, complaints, close } = await openFeed(browser, site, token)
    const like = () =>
      page.evaluate(async () => {
        const { tracker } = (globalThis as unknown as InPage).recipe
        tracker.track('like', { content: { type: 'post', id: 'liked-by-dan' } })
        await tracker.flush()
      })
    const likes = async () => (await stage.ask<ContentStats>('/v1/content/post/liked-by-dan/stats')).totals.likes
    await like()
    expect(await likes()).toBe(1)

    await page.evaluate(() => (globalThis as unknown as InPage).recipe.setOptOut(true))
    await like()
    const elsewhere = { type: 'like', content: { type: 'post', id: 'liked-by-dan' } }
    const answer = await stage.send('POST', '/v1/events', elsewhere, { authorization })
    expect(await answer.json()).toMatchObject({ tracked: 0, dropped: { opted_out: 1 } })
    expect(await likes()).toBe(1)

    const copy = await (await stage.send('GET', '/v1/me/export', undefined, { authorization })).text()
    const lines = copy
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.at(-1)).toMatchObject({ kind: 'end' })
    expect(lines.filter(({ kind, type }) => kind === 'event' && type === 'like')).toHaveLength(1)
    expect(lines.some(({ kind }) => kind === 'opt_out')).toBe(true)
    expect(copy).not.toContain('"ada"')

    await page.evaluate(() => (globalThis as unknown as InPage).recipe.setOptOut(false))
    await like()
    expect(await likes()).toBe(2)
    expect(complaints).toEqual([])
    await close()
  })
})

/** Rows of all tables that hold one of these texts. */
async function findInTables({ kysely }: Database, texts: readonly string[]): Promise<string[]> {
  const { rows: tables } = await sql`select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(kysely)
  expect(tables.length).toBeGreaterThan(20)
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql`select t::text as line from ${sql.raw(`"${String(name)}"`)} as t`.execute(kysely)
    const lines = rows.map(({ line }) => `${String(name)}: ${String(line)}`)
    found.push(...lines.filter((line) => texts.some((text) => line.includes(text))))
  }
  return found
}

describe.skipIf(!chromiumPath)('about persons', () => {
  // An address as text, as bytes and as a number.
  const address = '203.0.113.77'
  const spellings = [address, 'cb00714d', String(0xcb00714d)]

  test('an address is in no table', async () => {
    const stage = await openStage(recipe, { memory: true }, { trustProxy: ['127.0.0.1'] })
    const front = await openFront(stage.origin)
    front.headers = { 'x-forwarded-for': address }
    const site = await openSite(front.origin)
    try {
      const { page, complaints, close } = await openFeed(browser, site, await tokenOf('eve'))
      const client = await page.request.get(`${front.origin}/v1/client-address`, { headers: asAdmin })
      expect(await client.text()).toContain(address)
      await page.waitForTimeout(1_300)
      await page.goto(`${site.origin}/elsewhere`)
      await page.evaluate(() => localStorage.removeItem('access_token'))
      await page.goto(`${site.origin}/feed`)
      await page.waitForTimeout(1_300)
      await page.goto(`${site.origin}/elsewhere`)
      const stored = async () => (await sql`select distinct user_id from events`.execute(stage.db.kysely)).rows.length
      await expect.poll(stored, patience).toBe(2)
      // A refused body is put aside nowhere either.
      const headers = { 'x-forwarded-for': address }
      expect((await stage.send('POST', '/v1/events', '{', headers)).status).toBe(400)
      expect(await findInTables(stage.db, spellings)).toEqual([])

      // The search finds what is there.
      const said = { type: 'like', metadata: { note: `told by the page: ${address}` } }
      await stage.send('POST', '/v1/events', said)
      expect((await findInTables(stage.db, spellings)).length).toBeGreaterThan(0)
      expect(complaints).toEqual([])
      await close()
    } finally {
      await site.close()
      await front.close()
      await stage.close()
    }
  })

  test('an address is in none of the files that the database writes', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sightline-recipe-'))
    const stage = await openStage(recipe, { dataDir: join(dataDir, 'db') }, { trustProxy: ['127.0.0.1'] })
    const note = 'a word that only this event has'
    try {
      const events = [{ type: 'like', content: { type: 'post', id: '1' }, metadata: { note } }]
      for (const body of [{ events }, { events: [{ type: 'No Type' }] }]) {
        await stage.send('POST', '/v1/events', body, { 'x-forwarded-for': address })
      }
    } finally {
      await stage.close()
    }
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const holding = (text: string) =>
      files.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(text)).length
    expect(holding(note)).toBeGreaterThan(0)
    expect(holding(address)).toBe(0)
    rmSync(dataDir, { recursive: true, force: true })
  })

  test('single events are kept for 90 days and not much longer', async () => {
    let clockMs = Date.now()
    const options = await onPostgres!.options()
    const stage = await openStage(recipe, options, { longestJobPeriodMs: 100 }, () => clockMs)
    try {
      const like = { type: 'like', content: { type: 'post', id: 'old' } }
      await stage.send('POST', '/v1/events', like, { authorization: `Bearer ${await tokenOf('fay')}` })
      const kept = async () => (await sql`select 1 as one from events`.execute(stage.db.kysely)).rows.length
      const day = new Date(clockMs).toISOString().slice(0, 10)
      const closed = async () =>
        (await sql`select 1 as one from closed_days where day = ${day}`.execute(stage.db.kysely)).rows.length
      // Every day in between is closed on the way.
      const longPatience = { ...patience, timeout: 60_000 }
      clockMs += 89 * DAY_MS
      await expect.poll(closed, longPatience).toBe(1)
      expect(await kept()).toBe(1)
      clockMs += 4 * DAY_MS
      await expect.poll(kept, longPatience).toBe(0)
    } finally {
      await stage.close()
    }
  })
})
