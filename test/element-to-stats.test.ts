// The whole path in one story: cards come on screen in a real browser, and the stats API tells exactly that.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCollector, migrate, openDatabase } from '@sightline/collector'
import type { ContentStats, SiteStats, TopContent } from '../packages/collector/src/stats/shapes'
import { bundleForPage } from './support/bundle'
import { chromiumPath, launchChromium } from './support/chromium'
import { databases } from './support/databases'
import { servePages, type Site } from './support/serve-pages'

const adminToken = 'element-to-stats-token-of-more-than-32-characters'
const viewport = { width: 1_000, height: 800 }
const card = { count: 50, height: 300, gap: 20 }

/** Where the visitor stops, in pixels from the top, and for how long, in milliseconds. */
const stops = [
  { top: 0, stayMs: 1_200 },
  { top: 2_400, stayMs: 300 },
  { top: 4_000, stayMs: 1_200 },
  { top: 6_500, stayMs: 300 },
  { top: 9_100, stayMs: 1_200 },
]

/** The script's own account of what it showed: cards with at least half of their height inside the viewport. */
function cardsOnScreen(top: number): number[] {
  return Array.from({ length: card.count }, (_, index) => index).filter((index) => {
    const cardTop = index * (card.height + card.gap)
    const visible = Math.min(cardTop + card.height, top + viewport.height) - Math.max(cardTop, top)
    return visible >= card.height / 2
  })
}

const seen = stops.filter((stop) => stop.stayMs >= 1_000).flatMap((stop) => cardsOnScreen(stop.top))
const clicked = cardsOnScreen(stops.at(-1)!.top)[1]!

const feed = (collector: string) => `<!doctype html>
<style>body { margin: 0 } article { height: ${card.height}px; margin: 0 0 ${card.gap}px; background: #eee }</style>
<main></main>
<script src="/sdk.js"></script>
<script>
  const run = new URLSearchParams(location.search).get('run')
  const tracker = SightlineSdk.createTracker({ endpoint: '${collector}', autoPage: false })
  for (let position = 0; position < ${card.count}; position++) {
    const element = document.createElement('article')
    const subject = { content: { type: 'post', id: run + '-' + position }, source: 'feed', position }
    tracker.observe(element, subject)
    element.addEventListener('click', () => tracker.click(subject))
    document.querySelector('main').append(element)
  }
</script>`

/** Where the same story is told: a collector on a database of its own, and a site whose pages send to it. */
interface Stage {
  name: string
  origin: string
  site: Site
  ask<Answer>(path: string): Promise<Answer>
  close(): Promise<void>
}

async function openStage({ name, options }: (typeof databases)[number]): Promise<Stage> {
  const db = await openDatabase(await options())
  await migrate(db)
  const collector = await buildCollector({ db, config: { adminToken, logLevel: 'silent', statsCacheMs: 0 } })
  const origin = await collector.listen({ host: '127.0.0.1', port: 0 })
  const site = await servePages({
    '/feed': feed(origin),
    '/elsewhere': '<!doctype html><p>Another page of the site',
    '/sdk.js': await bundleForPage('packages/sdk/dist/index.js', 'SightlineSdk'),
  })
  return {
    name,
    origin,
    site,
    async ask<Answer>(path: string) {
      const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${adminToken}` } })
      if (!response.ok) throw new Error(`${name}: ${path} was answered with ${response.status}.`)
      return (await response.json()) as Answer
    },
    async close() {
      await site.close()
      await collector.close()
      await db.close()
    },
  }
}

/** A visitor scrolls, clicks and goes elsewhere; then the collector tells what happened. */
async function visitAndAsk({ origin, site, ask }: Stage, browser: Browser, run: number) {
  const readTotals = async () => (await ask<SiteStats>('/v1/stats/site')).totals
  const before = await readTotals()
  const page = await browser.newPage({ viewport })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))

  await page.goto(`${site.origin}/feed?run=${run}`)
  for (const stop of stops) {
    await page.evaluate((top) => window.scrollTo({ top, behavior: 'instant' }), stop.top)
    await page.waitForTimeout(stop.stayMs)
  }
  await page.locator('article').nth(clicked).click()
  await page.goto(`${site.origin}/elsewhere`)

  // The last batch leaves while the page unloads, so it may arrive a moment after the new page has loaded.
  await expect.poll(async () => (await readTotals()).clicks, { timeout: 10_000 }).toBe(before.clicks + 1)
  const after = await readTotals()
  await page.close()

  const impressions: number[] = []
  for (let index = 0; index < card.count; index++) {
    const response = await fetch(`${origin}/v1/content/post/${run}-${index}/stats`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    const count = response.status === 404 ? 0 : (await response.json()).totals.impressions
    impressions.push(...Array.from({ length: count }, () => index))
  }
  return {
    impressions,
    impressionsOfSite: after.impressions - before.impressions,
    clicks: (await ask<ContentStats>(`/v1/content/post/${run}-${clicked}/stats`)).totals.clicks,
    mostClicks: (await ask<TopContent>('/v1/stats/top?by=clicks')).items[0]!.totals.clicks,
    errors,
  }
}

describe.skipIf(!chromiumPath)('on PGlite, and on PostgreSQL at the same time', () => {
  let browser: Browser
  let stages: Stage[]

  beforeAll(async () => {
    stages = await Promise.all(databases.map(openStage))
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await Promise.all(stages?.map((stage) => stage.close()) ?? [])
  })

  test.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    'run %i: tells exactly the impressions and the click of the scroll script',
    async (run) => {
      const told = await Promise.all(stages.map((stage) => visitAndAsk(stage, browser, run)))
      const expected = { impressions: seen, impressionsOfSite: seen.length, clicks: 1, mostClicks: 1, errors: [] }
      expect(told).toEqual(stages.map(() => expected))
    },
  )
})
