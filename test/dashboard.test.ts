// The dashboard as people use it: a real Chromium, the built files, a real collector with the demo's sample data.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import type { WireEvent } from '@sightline/sdk/wire'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCollector } from '../packages/collector/src/collector'
import { resolveConfig, type Config } from '../packages/collector/src/config'
import { openDatabase, type Database } from '../packages/collector/src/database/open-database'
import { closeFilledDays } from '../packages/collector/src/demo/close-filled-days'
import { COUNTRY_HEADER, fill } from '../packages/collector/src/demo/fill'
import { nameContent } from '../packages/collector/src/demo/name-content'
import { demoPosts } from '../packages/collector/src/demo/posts'
import { drawVisits } from '../packages/collector/src/demo/sample-days'
import { sampleNetworks } from '../packages/collector/src/demo/sample-viewers'
import { createSiteClock } from '../packages/collector/src/site-clock'
import type {
  Comparison,
  ContentPositions,
  ContentStats,
  Durations,
  Engagement,
  HoursOfWeek,
  Positions,
  Retention,
  SiteBreakdown,
  SiteSeries,
  SiteStats,
  TopContent,
  Trending,
} from '../packages/collector/src/stats/shapes'
import type { TrustReport } from '../packages/collector/src/trust/shapes'
import { tokenOf } from '../packages/collector/test/support/collectors'
import { chromiumPath, launchChromium } from './support/chromium'
import { root } from './support/source-files'
import { until } from './support/visit'

type Sql = (text: TemplateStringsArray) => { execute(db: Database['kysely']): Promise<unknown> }
const { sql } = createRequire(join(root, 'packages/collector/package.json'))('kysely') as { sql: Sql }

const ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'
const JWT_SECRET = 'k3Jx9-Vq7Lm2Pz8Rt5Wb1Yc6Nd4Hf0Gs'
const SAMPLE_DAYS = 4
/** Thursday evening: the sample is as rich, and the days before are as closed, whenever the tests run. */
const EVENING = 'Thu, 05 Feb 2026 20:00:00 GMT'
const dashboard = join(root, 'packages/dashboard')

/** All but the overview; of one content and of the list of them. */
const otherPages = [
  '?page=content',
  '?page=content&type=reel&id=3',
  '?page=feed',
  '?page=viewers',
  '?page=live',
  '?page=trust',
]

/** What was promised for all of its files together, in bytes as brotli. */
const MOST_BYTES = 60_000

/** Views that told a length, of a content that is in the list of the longest. */
const LEAST_VIEWS = 10

/** What was promised for the first load on the demo's data, in milliseconds. */
const FIRST_LOAD_MS = 1_000

interface Served {
  config: Config
  db: Database
  app: Awaited<ReturnType<typeof buildCollector>>
  origin: string
  ask<Answer>(path: string): Promise<Answer>
}

let browser: Browser
const opened: Served[] = []
/** Time of the collectors here: it passes as ever, from that evening on. */
const now = () => Date.parse(EVENING) + Math.floor(performance.now())

/** One that no event has reached. */
let unused: Served | undefined

async function serve(): Promise<Served> {
  const db = await openDatabase({ memory: true })
  const config = resolveConfig({
    adminToken: ADMIN_TOKEN,
    jwtSecret: JWT_SECRET,
    logLevel: 'silent',
    rawRetentionDays: 31,
    networkEventsPerSecond: 0,
    statsCacheMs: 0,
    trustProxy: [...sampleNetworks],
    countryHeader: COUNTRY_HEADER,
    trending: true,
    compareKeys: ['variant'],
  })
  const app = await buildCollector({ db, config, now })
  const origin = new URL(await app.listen({ port: 0, host: '127.0.0.1' })).origin
  const served: Served = {
    config,
    db,
    app,
    origin,
    async ask<Answer>(path: string) {
      const answer = await fetch(`${origin}/v1/${path}`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
      if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}.`)
      return (await answer.json()) as Answer
    },
  }
  opened.push(served)
  return served
}

/** A page of a browser of its own, and what it did that it should not have. */
async function openPage(options: Parameters<Browser['newContext']>[0] = {}) {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1_280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    // A refusal that the page was told of and shows is no mistake of the page.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { context, page, complaints }
}

const ready = (page: Page) => page.waitForSelector('main[aria-busy="false"] .panel:not(.loading)')

async function open(page: Page, { origin }: Served, query = '', token = ADMIN_TOKEN) {
  // A change of the fragment alone would load nothing.
  await page.goto(`${origin}/${query}${query === '' ? '?' : '&'}visit=${randomUUID()}#token=${token}`)
  await ready(page)
}

/** Classes of what would move on the overview. */
async function whatMoves(served: Served, reducedMotion: 'reduce' | 'no-preference') {
  const visit = await openPage({ reducedMotion })
  await open(visit.page, served)
  const names = await visit.page.evaluate<string[]>(
    `[...document.querySelectorAll('*')].filter((each) => {
      const { animationName, transitionDuration } = getComputedStyle(each)
      return animationName !== 'none' || transitionDuration.split(',').some((each) => parseFloat(each) > 0)
    }).map(({ className }) => String(className))`,
  )
  await visit.context.close()
  return names
}

/** Opens the table below a chart, unless it is open because the chart has nothing to show. */
async function openTable(page: Page, panel: string) {
  if ((await page.locator(`${panel} details[open]`).count()) === 0) await page.click(`${panel} summary`)
}

/** The texts of a table's cells, row by row. */
const rowsOf = (page: Page, table: string) =>
  page.$$eval(`${table} tbody tr`, (rows) =>
    rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText.trim())),
  )

const card = (page: Page, label: string) =>
  page.$$eval(
    '.card',
    (cards, wanted) =>
      cards.find((each) => each.querySelector('.card-label')?.textContent === wanted)?.querySelector('b')?.textContent,
    label,
  )

const count = (value: number) => new Intl.NumberFormat('en-GB').format(value)
const share = (value: number, digits = 2) =>
  new Intl.NumberFormat('en-GB', {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value)

const numbersIn = (values: (number | null)[]) => values.filter((value) => value !== null)

/** How many there are of each value, most first; `null` is a value of its own. */
function tally<Row>(rows: readonly Row[], valueOf: (row: Row) => string | null): Map<string | null, number> {
  const counts = new Map<string | null, number>()
  for (const row of rows) counts.set(valueOf(row), (counts.get(valueOf(row)) ?? 0) + 1)
  return new Map([...counts].toSorted(([, one], [, other]) => other - one))
}

/** The counts of a list, most first, what told no value at the end. */
const listOf = (counts: Map<string | null, number>) => [
  ...[...counts].flatMap(([value, n]) => (value === null ? [] : [n])),
  ...[counts.get(null) ?? []].flat(),
]

/** Every event that counts and matches, as the tables hold it. */
async function storedEvents({ db }: Served, filters: Record<string, string> = {}) {
  let query = db.kysely
    .selectFrom('event_log')
    .select([
      'type',
      'content_type',
      'content_id',
      'occurred_at',
      'viewer_key',
      'user_id',
      'source',
      'position',
      'duration_ms',
      'country',
      'device',
      'referrer_domain',
      'metadata',
    ])
    .where('counted', '=', true)
  for (const [name, value] of Object.entries(filters)) {
    const column = { contentType: 'content_type', contentId: 'content_id', referrer: 'referrer_domain' }[name] ?? name
    query = query.where(({ eb, ref }) =>
      value === '' ? eb(ref(column as 'source'), 'is', null) : eb(ref(column as 'source'), '=', value),
    )
  }
  return query.execute()
}
type StoredEvent = Awaited<ReturnType<typeof storedEvents>>[number]

const ofType = (rows: readonly StoredEvent[], type: string) => rows.filter((row) => row.type === type)
const viewersIn = (rows: readonly StoredEvent[]) =>
  new Set(rows.map(({ viewer_key }) => String(viewer_key)).filter((key) => key !== '0')).size
const placeOf = (row: StoredEvent) =>
  row.source === null || row.position === null ? null : `${row.source}\0${row.position}`

/** Hour of the week, Monday 00:00 is 0. */
const hourOf = (row: StoredEvent) => {
  const at = new Date(row.occurred_at)
  return String(((at.getUTCDay() + 6) % 7) * 24 + at.getUTCHours())
}

/** Views or watches that told a length, how many of those count, and their average, to which repeats add their time. */
async function lengthsIn({ db }: Served, type: 'view' | 'watch', signedInOnly = false) {
  const rows = await db.kysely
    .selectFrom('event_log')
    .select(['content_type', 'content_id', 'counted', 'duration_ms', 'user_id'])
    .where('type', '=', type)
    .where('duration_ms', 'is not', null)
    .where(({ or, eb }) => or([eb('counted', '=', true), eb('flags', '>=', 4_096)]))
    .execute()
  return rows.filter(({ user_id }) => user_id !== null || !signedInOnly)
}
type Length = Awaited<ReturnType<typeof lengthsIn>>[number]

function averageOf(rows: readonly Length[]): { count: number; averageMs: number | null } {
  const n = rows.filter(({ counted }) => counted).length
  return { count: n, averageMs: n === 0 ? null : rows.reduce((sum, row) => sum + row.duration_ms!, 0) / n }
}

/** Skipped, partly watched and completed watches, by the settings in force. */
async function watchClassesIn({ db, config }: Served, isAsked: (row: StoredEvent) => boolean): Promise<number[]> {
  const rows = await db.kysely
    .selectFrom('event_log as e')
    .leftJoin('content as c', (join) => join.onRef('c.type', '=', 'e.content_type').onRef('c.id', '=', 'e.content_id'))
    .selectAll('e')
    .select('c.duration_ms as length_ms')
    .where('e.type', '=', 'watch')
    .where('e.counted', '=', true)
    .execute()
  const classes = rows.filter(isAsked).map(({ duration_ms, media_duration_ms, length_ms, flags }) => {
    const percent = (100 * (duration_ms ?? NaN)) / (length_ms ?? media_duration_ms ?? NaN)
    if ((flags & 64) > 0 || percent >= config.watchCompletePercent) return 'completed'
    if (duration_ms === null) return 'told no time'
    return duration_ms < config.watchSkipMs || percent < config.watchSkipPercent ? 'skipped' : 'partial'
  })
  return ['skipped', 'partial', 'completed'].map((wanted) => classes.filter((each) => each === wanted).length)
}

const variantOf = ({ metadata }: StoredEvent) => (metadata as { variant?: string } | null)?.variant ?? null

const dayOf = (row: StoredEvent) => new Date(row.occurred_at).toISOString().slice(0, 10)

const later = (day: string, after: number) => new Date(Date.parse(day) + after * 86_400_000).toISOString().slice(0, 10)

/** `source, position, impressions, clicks` of each place, in the order of the API. */
function placesIn(rows: readonly StoredEvent[]): [source: string, position: number, seen: number, clicked: number][] {
  const seen = tally(ofType(rows, 'impression'), placeOf)
  const clicked = tally(ofType(rows, 'click'), placeOf)
  return [...new Set([...seen.keys(), ...clicked.keys()])]
    .filter((place) => place !== null)
    .map((place): [string, number, number, number] => {
      const [source = '', position = ''] = place.split('\0')
      return [source, Number(position), seen.get(place) ?? 0, clicked.get(place) ?? 0]
    })
    .toSorted(([source, position], [other, place]) =>
      source === other ? position - place : Buffer.compare(Buffer.from(source), Buffer.from(other)),
    )
}

beforeAll(async () => {
  execFileSync('node_modules/.bin/tsup', ['--no-clean'], { cwd: dashboard, stdio: 'pipe' })
  if (!chromiumPath) return
  cpSync(join(dashboard, 'dist'), join(root, 'packages/collector/dist/dashboard'), { recursive: true })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  for (const { app, db } of opened) {
    await app.close()
    await db.close()
  }
})

test('all files together are as small as was promised', () => {
  const files = readdirSync(join(dashboard, 'dist'))
  const sizes = files.map((file) => brotliCompressSync(readFileSync(join(dashboard, 'dist', file))).length)
  expect(files).toContain('app.js')
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES)
})

describe.skipIf(!chromiumPath)('on sample data', () => {
  let served: Served
  let context: BrowserContext
  let page: Page
  let complaints: string[]
  const requested = new Set<string>()

  beforeAll(async () => {
    served = await serve()
    const { app, db } = served
    const visits = drawVisits(demoPosts, { seed: '1', days: SAMPLE_DAYS }, createSiteClock('UTC'), now())
    await nameContent(db.kysely, demoPosts)
    await fill(visits, { app, jwtSecret: JWT_SECRET, onProgress() {}, now, signal: new AbortController().signal })
    await closeFilledDays(db, served.config, now)
    ;({ context, page, complaints } = await openPage())
    page.on('request', (request) => requested.add(new URL(request.url()).origin))
  })
  afterAll(() => context.close())

  test('the overview shows the numbers of the API and of the tables', async () => {
    await open(page, served)
    const { totals, viewers } = await served.ask<SiteStats>('stats/site?days=7')
    expect(await card(page, 'Viewers')).toBe(count(viewers!.value))
    expect(await card(page, 'Impressions')).toBe(count(totals.impressions))
    expect(await card(page, 'Views')).toBe(count(totals.views))
    expect(await card(page, 'Clicks')).toBe(count(totals.clicks))
    expect(await card(page, 'Likes')).toBe(count(totals.likes))
    expect(await card(page, 'Shares')).toBe(count(totals.shares))
    expect(await card(page, 'Page views')).toBe(count(totals.pageViews))

    const rows = await served.db.kysely
      .selectFrom('event_log')
      .select(({ fn }) => ['type', fn.countAll<string>().as('n')])
      .where('counted', '=', true)
      .groupBy('type')
      .execute()
    const stored = Object.fromEntries(rows.map(({ type, n }) => [type, Number(n)]))
    expect(await card(page, 'Impressions')).toBe(count(stored.impression!))
    expect(await card(page, 'Clicks')).toBe(count(stored.click!))
    expect(await card(page, 'Views')).toBe(count(stored.view!))
  })

  test('every list of the overview shows the numbers of the API', async () => {
    await open(page, served)
    const { items } = await served.ask<TopContent>('stats/top?days=7&by=impressions&limit=10')
    expect((await rowsOf(page, '#top')).map((cells) => cells[1])).toEqual(items.map(({ value }) => count(value)))
    const pages = await served.ask<TopContent>('stats/top?days=7&by=pageViews&limit=10')
    expect((await rowsOf(page, '#pages')).map((cells) => cells.slice(0, 2))).toEqual(
      pages.items.map(({ content, value }) => [content.id, count(value)]),
    )
    for (const [panel, dimension, type] of [
      ['#by-source', 'source', 'impression'],
      ['#by-device', 'device', 'impression'],
      ['#by-country', 'country', 'impression'],
      ['#by-referrer', 'referrer', 'page_view'],
    ]) {
      const answer = await served.ask<SiteBreakdown>(`stats/breakdown/${dimension}?days=7&type=${type}`)
      const shown = (await rowsOf(page, panel!)).map((cells) => cells.slice(1))
      const told = answer.items.map((item) => [count(item.count), share(item.count / answer.total, 1)])
      expect([panel, shown.slice(0, Math.min(8, told.length))]).toEqual([panel, told.slice(0, 8)])
    }
    await page.click('#series summary')
    const { series } = await served.ask<SiteSeries>('stats/series?days=7')
    expect((await rowsOf(page, '#series')).map((cells) => cells[1])).toEqual(
      series.map(({ impressions }) => count(impressions)),
    )
  })

  test('what the reader chooses is counted by every list, kept by a reload, and undone by going back', async () => {
    await page.goto(`${served.origin}/`)
    await page.fill('#token', ADMIN_TOKEN)
    await page.check('text=Keep me signed in')
    await page.click('button:has-text("Sign in")')
    await ready(page)
    const before = await rowsOf(page, '#by-device')
    await page.click('button.card:has-text("Clicks")')
    await page.click('label:has-text("Signed in")')
    await page.waitForURL(/audience=authenticated/)
    await ready(page)
    const answer = await served.ask<SiteBreakdown>('stats/breakdown/device?days=7&type=click&audience=authenticated')
    const shown = async () => (await rowsOf(page, '#by-device')).map((cells) => cells[1])
    await expect.poll(shown).toEqual(answer.items.map((item) => count(item.count)))

    await page.reload()
    await ready(page)
    expect(new URL(page.url()).search).toBe('?audience=authenticated&by=clicks')
    expect(await shown()).toEqual(answer.items.map((item) => count(item.count)))
    const cookies = await context.cookies()
    expect(cookies.map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([[true, 'Strict']])

    await page.goBack()
    await page.goBack()
    await expect.poll(() => rowsOf(page, '#by-device')).toEqual(before)
    await page.click('button:has-text("Sign out")')
    await page.waitForSelector('#token')
    await expect.poll(() => context.cookies()).toEqual([])
  })

  /** Every number of the overview, as it is on the screen. */
  async function readOverview(): Promise<Record<string, unknown>> {
    await openTable(page, '#series')
    const numbersOf = async (list: string) => (await rowsOf(page, list)).map((cells) => cells[1])
    return {
      viewers: await card(page, 'Viewers'),
      impressions: await card(page, 'Impressions'),
      views: await card(page, 'Views'),
      clicks: await card(page, 'Clicks'),
      likes: await card(page, 'Likes'),
      shares: await card(page, 'Shares'),
      pageViews: await card(page, 'Page views'),
      series: await numbersOf('#series'),
      top: await numbersOf('#top'),
      pages: await numbersOf('#pages'),
      source: await numbersOf('#by-source'),
      referrer: await numbersOf('#by-referrer'),
      country: await numbersOf('#by-country'),
      device: await numbersOf('#by-device'),
    }
  }

  /** The same by the API, and by a count of what is stored. */
  async function askOverview(filters: Record<string, string>): Promise<Record<string, unknown>> {
    const query = new URLSearchParams({ days: '7', ...filters })
    const { totals, viewers } = await served.ask<SiteStats>(`stats/site?${query}`)
    const { series } = await served.ask<SiteSeries>(`stats/series?${query}`)
    const top = await served.ask<TopContent>(`stats/top?by=impressions&limit=10&${query}`)
    const pages = await served.ask<TopContent>(`stats/top?by=pageViews&limit=10&${query}`)
    const breakdownOf = async (dimension: string) => {
      const type = dimension === 'referrer' ? 'page_view' : 'impression'
      const list = await served.ask<SiteBreakdown>(`stats/breakdown/${dimension}?type=${type}&${query}`)
      const rest = [list.other, list.none, list.untold].filter((each) => each > 0)
      const counts = [...list.items.map((item) => item.count), ...rest]
      const column = dimension === 'referrer' ? 'referrer_domain' : (dimension as 'source')
      expect([dimension, counts]).toEqual([dimension, listOf(tally(ofType(stored, type), (row) => row[column]))])
      return counts.slice(0, 8).map(count)
    }
    const stored = await storedEvents(served, filters)
    const { impressions, views, clicks, likes, shares, pageViews } = totals
    const names = ['impression', 'view', 'click', 'like', 'share', 'page_view']
    expect([impressions, views, clicks, likes, shares, pageViews]).toEqual(
      names.map((name) => ofType(stored, name).length),
    )
    expect(viewers).toEqual({ value: viewersIn(stored), method: 'exact', error: 0 })
    const days = tally(ofType(stored, 'impression'), (row) => new Date(row.occurred_at).toISOString().slice(0, 10))
    expect(series.map((day) => day.impressions)).toEqual(series.map(({ day }) => days.get(day) ?? 0))
    for (const [list, type] of [
      [top, 'impression'],
      [pages, 'page_view'],
    ] as const)
      expect([type, list.items.map(({ value }) => value)]).toEqual([
        type,
        listOf(
          tally(
            ofType(stored, type).filter((row) => (row.content_type === 'page') === (type === 'page_view')),
            (row) => `${row.content_type}:${row.content_id}`,
          ),
        ).slice(0, 10),
      ])
    return {
      viewers: count(viewers!.value),
      impressions: count(impressions),
      views: count(views),
      clicks: count(clicks),
      likes: count(likes),
      shares: count(shares),
      pageViews: count(pageViews),
      series: series.map((day) => count(day.impressions)),
      top: top.items.map(({ value }) => count(value)),
      pages: pages.items.map(({ value }) => count(value)),
      source: await breakdownOf('source'),
      referrer: await breakdownOf('referrer'),
      country: await breakdownOf('country'),
      device: await breakdownOf('device'),
    }
  }

  test('a row that is clicked filters every card, the chart and every list, through a reload and back', async () => {
    await page.goto(`${served.origin}/`)
    await page.fill('#token', ADMIN_TOKEN)
    await page.check('text=Keep me signed in')
    await page.click('button:has-text("Sign in")')
    await ready(page)
    const everything = await askOverview({})
    expect(await readOverview()).toEqual(everything)

    await page.click('#by-country tbody tr:first-child a')
    await page.waitForURL(/country=/)
    const country = new URL(page.url()).searchParams.get('country')!
    const ofCountry = await askOverview({ country })
    expect(ofCountry['impressions']).not.toBe(everything['impressions'])
    await expect.poll(readOverview).toEqual(ofCountry)

    await page.click('#by-device tbody tr:first-child a')
    await page.waitForURL(/device=/)
    const device = new URL(page.url()).searchParams.get('device')!
    const ofBoth = await askOverview({ country, device })
    await expect.poll(readOverview).toEqual(ofBoth)

    await page.reload()
    await ready(page)
    expect(await readOverview()).toEqual(ofBoth)
    expect(await page.locator('.chip').count()).toBe(2)

    await page.goBack()
    await expect.poll(readOverview).toEqual(ofCountry)
    await page.click('.chip')
    await expect.poll(readOverview).toEqual(everything)
    await page.goBack()
    await page.goForward()
    await expect.poll(readOverview).toEqual(everything)

    // From the keyboard: a page that was opened, and only by viewers of whom no referrer is known.
    await page.focus('#pages tbody tr:first-child a')
    await page.keyboard.press('Enter')
    await page.waitForURL(/contentType=page/)
    const contentId = new URL(page.url()).searchParams.get('contentId')!
    await expect.poll(readOverview).toEqual(await askOverview({ contentType: 'page', contentId }))
    await page.click('#by-referrer tbody tr:has-text("Direct") a')
    await page.waitForURL(/referrer=/)
    const direct = { contentType: 'page', contentId, referrer: '' }
    await expect.poll(readOverview).toEqual(await askOverview(direct))
    await page.keyboard.press('Escape')
    await expect.poll(readOverview).toEqual(everything)
    await page.click('button:has-text("Sign out")')
    await page.waitForSelector('#token')
  })

  test('how long the views of a content were and how far they scrolled are what the tables hold', async () => {
    const [most] = (await served.ask<TopContent>('stats/top?by=views&limit=1')).items
    const { type, id } = most!.content
    await open(page, served, `?page=content&${new URLSearchParams({ type, id })}`)
    const views = await served.db.kysely
      .selectFrom('event_log')
      .select(['duration_ms', 'scroll_depth'])
      .where('type', '=', 'view')
      .where('content_type', '=', type)
      .where('content_id', '=', id)
      // Counted, or the repeat of one that is.
      .where(({ or, eb }) => or([eb('counted', '=', true), eb('flags', '>=', 4_096)]))
      .execute()
    const lengths = numbersIn(views.map((view) => view.duration_ms))
    const edges = [0, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000, Infinity]
    const times = edges.slice(0, -1).map((from, at) => lengths.filter((ms) => ms >= from && ms < edges[at + 1]!).length)
    expect(lengths.length).toBeGreaterThan(20)
    expect((await rowsOf(page, '#view-times')).map((cells) => cells.slice(1))).toEqual(
      times.map((n) => [count(n), share(n / lengths.length, 1)]),
    )
    const depths = numbersIn(views.map((view) => view.scroll_depth))
    const reached = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((most) => depths.filter((at) => at >= most).length)
    expect(depths.length).toBeGreaterThan(20)
    expect((await rowsOf(page, '#scroll-depth')).map((cells) => cells.slice(1))).toEqual(
      reached.map((n) => [count(n), share(n / depths.length, 1)]),
    )
  })

  test('a content leads to its own page, which shows the numbers of the API and of the tables', async () => {
    await open(page, served)
    await page.click('#top tbody tr:first-child .icon a')
    await page.waitForSelector('.content-title')
    const parameters = new URL(page.url()).searchParams
    const [type, id] = [parameters.get('type')!, parameters.get('id')!]
    const path = `content/${type}/${id}/stats`
    const { totals, viewers, watches, breakdowns } = await served.ask<ContentStats>(`${path}?days=7&type=impression`)
    const stored = await storedEvents(served, { contentType: type, contentId: id })
    expect(viewers).toEqual({ value: viewersIn(stored), method: 'exact', error: 0 })
    expect(await card(page, 'Viewers')).toBe(count(viewers!.value))
    const steps = await page.$$eval('#funnel li b', (numbers) => numbers.map((each) => each.textContent))
    const { impressions, views, clicks, likes, shares } = totals
    expect(steps).toEqual([impressions, views, clicks, likes, shares].map(count))
    expect(steps).toEqual(
      ['impression', 'view', 'click', 'like', 'share'].map((each) => count(ofType(stored, each).length)),
    )
    const classes = await page.$$eval('#watches li b', (numbers) => numbers.map((each) => each.textContent))
    const told = [watches.skipped, watches.partial, watches.completed]
    expect(classes).toEqual(told.every((each) => each === 0) ? [] : told.map(count))
    expect(told).toEqual(await watchClassesIn(served, (row) => row.content_type === type && row.content_id === id))
    const { series } = await served.ask<ContentStats>(`${path}?days=7`)
    const seen = tally(ofType(stored, 'impression'), dayOf)
    expect(series.map((day) => day.impressions)).toEqual(series.map(({ day }) => seen.get(day) ?? 0))
    expect(series.map((day) => day.viewers)).toEqual(
      series.map(({ day }) => viewersIn(stored.filter((row) => dayOf(row) === day))),
    )
    const sources = listOf(tally(ofType(stored, 'impression'), ({ source }) => source))
    expect(breakdowns.source.items.map((item) => item.count)).toEqual(sources)
    expect((await rowsOf(page, '#by-source')).map((cells) => cells[1])).toEqual(sources.map(count))
  })

  test('the places of a content, list by list, are what the API tells and the tables hold', async () => {
    const [most] = (await served.ask<TopContent>('stats/top?by=impressions&limit=1')).items
    const { type, id } = most!.content
    await open(page, served, `?page=content&${new URLSearchParams({ type, id })}`)
    const { items } = await served.ask<ContentPositions>(`content/${type}/${id}/positions?days=7&limit=1000`)
    const stored = await storedEvents(served, { contentType: type, contentId: id })
    expect(items.map((item) => [item.source, item.position, item.impressions, item.clicks])).toEqual(placesIn(stored))
    const sources = [...new Set(items.map(({ source }) => source))]
    expect(sources.length).toBeGreaterThan(1)
    expect(items.length).toBeGreaterThan(sources.length)
    await openTable(page, '#positions')
    for (const source of sources) {
      await page.selectOption('#positions select', source)
      await page.waitForURL((url) => url.searchParams.get('source') === source)
      await openTable(page, '#positions')
      const own = items.filter((item) => item.source === source)
      await expect
        .poll(() => rowsOf(page, '#positions'))
        .toEqual(
          own.map(({ position, impressions, clicks, clickThroughRate, interval }) => [
            count(position),
            count(impressions),
            count(clicks),
            clickThroughRate === null ? '–' : share(clickThroughRate),
            interval === null ? '–' : `${share(interval.low, 1)} – ${share(interval.high, 1)}`,
          ]),
        )
    }
    const download = page.waitForEvent('download')
    await page.click('#positions .csv')
    const csv = readFileSync(await (await download).path(), 'utf8')
      .trim()
      .split('\r\n')
    const last = items.filter(({ source }) => source === sources.at(-1))
    expect(csv.slice(1)).toEqual(
      last.map(({ position, impressions, clicks, clickThroughRate, interval }) =>
        [
          position,
          impressions,
          clicks,
          clickThroughRate ?? '',
          interval === null ? '' : `${interval.low} ${interval.high}`,
        ].join(','),
      ),
    )
    await page.reload()
    await page.fill('#token', ADMIN_TOKEN)
    await page.click('button:has-text("Sign in")')
    await ready(page)
    expect(await page.inputValue('#positions select')).toBe(sources.at(-1))
  })

  test('the feed shows click-through by position and source, trends, hours and variants as the API tells them', async () => {
    await open(page, served, '?page=feed&source=feed')
    await openTable(page, '#positions')
    const { items } = await served.ask<Positions>('stats/positions?days=7&limit=1000')
    const stored = await storedEvents(served)
    expect(items.map((item) => [item.source, item.position, item.impressions, item.clicks])).toEqual(placesIn(stored))
    const positions = items.filter(({ source }) => source === 'feed')
    const shown = await rowsOf(page, '#positions')
    expect(shown.map((cells) => cells.slice(0, 4))).toEqual(
      positions.map((row) => [
        count(row.position),
        count(row.impressions),
        count(row.clicks),
        row.clickThroughRate === null ? '–' : share(row.clickThroughRate),
      ]),
    )
    expect(await page.locator('#positions .whisker').count()).toBe(
      positions.slice(0, 24).filter(({ interval }) => interval !== null).length,
    )

    const seenIn = tally(ofType(stored, 'impression'), ({ source }) => source)
    const clickedIn = tally(ofType(stored, 'click'), ({ source }) => source)
    expect((await rowsOf(page, '#sources')).map((cells) => cells.slice(0, 4))).toEqual(
      [...seenIn].flatMap(([source, n]) => {
        const clicks = clickedIn.get(source) ?? 0
        return source === null ? [] : [[source, count(n), count(clicks), n < 100 ? '–' : share(clicks / n)]]
      }),
    )

    const trending = await served.ask<Trending>('trending')
    expect((await rowsOf(page, '#trending')).map((cells) => cells[1])).toEqual(
      trending.items.map(({ score }) => score.toFixed(2)),
    )
    const { cells } = await served.ask<HoursOfWeek>('stats/hours?days=7')
    const heat = await page.$$eval('.heat tbody td', (each) => each.map((cell) => cell.textContent))
    expect(heat).toEqual(cells.map((cell) => count(Math.round((cell.seen / cell.hours) * 10) / 10)))
    const seenAt = tally(
      stored.filter(({ type }) => ['impression', 'view', 'watch', 'page_view'].includes(type)),
      hourOf,
    )
    expect(cells.map((cell) => cell.seen)).toEqual(cells.map((_cell, at) => seenAt.get(String(at)) ?? 0))
    const variants = await served.ask<Comparison>('stats/compare?days=7&key=variant')
    expect((await rowsOf(page, '#compare')).map((row) => row.slice(0, 4))).toEqual(
      variants.items.map(({ value, per, events, rate }) => [value, count(per), count(events), share(rate!)]),
    )
    const [seenAs, clickedAs] = ['impression', 'click'].map((type) => tally(ofType(stored, type), variantOf))
    expect(variants.items.map(({ value, per, events }) => [value, per, events])).toEqual(
      variants.items.map(({ value }) => [value, seenAs!.get(value), clickedAs!.get(value)]),
    )
  })

  test('the page about viewers tells who came back, what users did and how long they looked, as the tables hold it', async () => {
    await open(page, served, '?page=viewers&audience=authenticated')
    const stored = await storedEvents(served)
    const users = new Map<string, Set<string>>()
    for (const row of stored) {
      if (row.user_id !== null) users.set(row.user_id, (users.get(row.user_id) ?? new Set()).add(dayOf(row)))
    }
    const query = 'days=7&audience=authenticated'
    const { cohorts } = await served.ask<Retention>(`stats/retention?${query}&periods=14`)
    const told = cohorts.filter(({ viewers }) => viewers !== null && viewers > 0)
    expect(told.length).toBe(SAMPLE_DAYS - 1)
    for (const { day, viewers, returned } of told) {
      const cohort = [...users.values()].filter((days) => [...days].toSorted()[0] === day)
      expect([day, viewers]).toEqual([day, cohort.length])
      expect(returned).toEqual(
        returned.map((back, after) =>
          back === null ? null : cohort.filter((days) => days.has(later(day, after))).length,
        ),
      )
      expect(returned.filter((back) => back !== null)).toHaveLength(
        told.length - told.findIndex((each) => each.day === day),
      )
    }
    expect((await rowsOf(page, '#cohorts')).map((cells) => cells.slice(1))).toEqual(
      told.map(({ viewers, returned }) => [
        count(viewers!),
        ...returned.slice(1).map((back) => (back === null ? '' : share(Math.round((100 * back) / viewers!) / 100, 0))),
      ]),
    )

    const engagement = await served.ask<Engagement>('stats/engagement?days=7&limit=100')
    expect(engagement.users).toBe(users.size)
    const acts = tally(
      stored.filter(({ user_id, type }) => user_id !== null && type !== 'impression' && type !== 'page_view'),
      ({ user_id }) => user_id,
    )
    const shownUsers = await rowsOf(page, '#users')
    expect(shownUsers.length).toBe(10)
    expect(shownUsers.map((cells) => cells.slice(0, 2))).toEqual(
      engagement.items.slice(0, 10).map(({ userId }) => [userId, count(acts.get(userId)!)]),
    )
    expect(shownUsers.map((cells) => cells[1])).toEqual([...acts.values()].slice(0, 10).map(count))

    const { views, watches, items } = await served.ask<Durations>(`stats/durations?${query}`)
    const lengths = await lengthsIn(served, 'view', true)
    expect(views).toEqual(averageOf(lengths))
    expect(watches).toMatchObject(averageOf(await lengthsIn(served, 'watch', true)))
    const facts = await page.$$eval('#durations dd', (each) => each.map((fact) => fact.textContent))
    expect([facts[1], facts[3]]).toEqual([count(views.count), count(watches.count)])
    const averages = [views, watches].map(({ averageMs }) => `${(averageMs! / 1_000).toFixed(1)} s`)
    expect([facts[0], facts[2]]).toEqual(averages)
    const classes = await page.$$eval('#watches li b', (each) => each.map((number) => number.textContent))
    expect(classes).toEqual([watches.skipped, watches.partial, watches.completed].map(count))
    expect(classes).toEqual((await watchClassesIn(served, ({ user_id }) => user_id !== null)).map(count))
    const ofContent = new Map<string, Length[]>()
    for (const row of lengths) {
      const content = `${row.content_type} ${row.content_id}`
      ofContent.set(content, [...(ofContent.get(content) ?? []), row])
    }
    const longest = [...ofContent]
      .filter(([content]) => !content.startsWith('page '))
      .map(([, rows]) => averageOf(rows))
      .filter((average) => average.count >= LEAST_VIEWS)
      .map(({ averageMs }) => averageMs!)
      .toSorted((one, other) => other - one)
    expect(items.length).toBeGreaterThan(0)
    expect(items.map(({ value }) => value)).toEqual(longest.slice(0, items.length))
    expect((await rowsOf(page, '#longest')).map((cells) => cells[1])).toEqual(
      longest.slice(0, 10).map((ms) => `${(ms / 1_000).toFixed(1)} s`),
    )
  })

  /** Resolves when it is stored. */
  async function sendNow(event: object) {
    const sent = await fetch(`${served.origin}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36',
      },
      body: JSON.stringify(event),
    })
    expect(sent.status).toBe(200)
  }

  test('live counters move within two seconds of an event, and say who is there', async () => {
    await open(page, served, '?page=live')
    await page.waitForSelector('.live-state.streaming')
    expect(await card(page, 'Clicks')).toBe('0')
    const sentAt = performance.now()
    await sendNow({ type: 'click', content: { type: 'post', id: 'just-now' }, source: 'feed' })
    await until('the counter to move', async () => (await card(page, 'Clicks')) === '1')
    expect(performance.now() - sentAt).toBeLessThan(2_000)
    expect(await rowsOf(page, '#live-contents')).toEqual([['post just-now', '1 × click', '1']])
    const { type, id, title } = demoPosts[0]!
    await sendNow({ type: 'like', content: { type, id } })
    await expect
      .poll(() => rowsOf(page, '#live-contents'), { timeout: 5_000 })
      .toContainEqual([`${type} ${title}`, '1 × like', '1'])
    await expect.poll(() => page.textContent('.now b'), { timeout: 15_000 }).toBe('1')
  })

  test('where no stream gets through, live says so and asks for numbers instead', { timeout: 60_000 }, async () => {
    const visit = await openPage()
    await visit.page.route('**/v1/live', (route) => route.abort())
    const asked: string[] = []
    visit.page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await open(visit.page, served, '?page=live')
    await visit.page.waitForSelector('.live-state.polling', { timeout: 15_000 })
    expect(await visit.page.textContent('.live-state')).toContain('asking every 5 seconds')
    // What comes after the first look is what is counted.
    await until('the first look', async () => asked.includes('/v1/stats/site'))
    await visit.page.waitForResponse((response) => response.url().includes('/v1/stats/site'))
    await sendNow({ type: 'share', content: { type: 'post', id: 'just-now' } })
    await expect.poll(() => card(visit.page, 'Shares'), { timeout: 20_000 }).toBe('1')
    await visit.context.close()
  })

  test('trust tells what became of every event, and that no session has a gap', async () => {
    await open(page, served, '?page=trust')
    const { n } = await served.db.kysely
      .selectFrom('outcomes')
      .select(({ fn }) => fn.sum<string>('count').as('n'))
      .where('outcome', '=', 'tracked')
      .executeTakeFirstOrThrow()
    const stored = (await rowsOf(page, '#outcomes')).filter(([name]) => name!.startsWith('Stored'))
    expect(stored.reduce((sum, cells) => sum + Number(cells[1]!.replaceAll(',', '')), 0)).toBe(Number(n))
    const gaps = await rowsOf(page, '#sequences')
    expect(gaps.length).toBe(SAMPLE_DAYS)
    expect(gaps.map((cells) => cells[3])).toEqual(gaps.map(() => '0'))
    const settings = await rowsOf(page, '#settings')
    expect(settings).toContainEqual(['RAW_RETENTION_DAYS', '31'])
    expect(settings).toContainEqual(['JWT_SECRET', '(set)'])
    expect(await page.content()).not.toContain(JWT_SECRET)

    const report = await served.ask<TrustReport>('trust')
    expect(await page.$$eval('#storage dd', (facts) => facts.map((each) => each.textContent))).toHaveLength(5)
    await page.click('#storage summary')
    expect((await rowsOf(page, '#storage')).length).toBe(report.storage.days.length)
    expect((await rowsOf(page, '#jobs')).map(([name]) => name)).toEqual(report.jobs.map(({ name }) => name))
  })

  test('every table, on every page, is saved with all of its rows', { timeout: 120_000 }, async () => {
    const found: [string, string, boolean][] = []
    for (const query of ['', ...otherPages]) {
      await open(page, served, query)
      const panels = await page.$$eval('.panel:has(table, .funnel)', (all) => all.map(({ id }) => id))
      expect(panels.length).toBeGreaterThan(query === '?page=live' ? -1 : 0)
      for (const id of panels) {
        const shown = await page.$$eval(`#${id} tbody tr, #${id} .funnel li`, (rows) => rows.length)
        const download = page.waitForEvent('download')
        await page.click(`#${id} .csv`)
        const csv = readFileSync(await (await download).path(), 'utf8')
        const lines = csv.trim().split('\r\n').length - 1
        found.push([`${query} ${id}`, csv.slice(0, 1), lines >= shown])
      }
    }
    expect(found.length).toBeGreaterThan(25)
    expect(found).toEqual(found.map(([name]) => [name, '\uFEFF', true]))
  })

  test('numbers, shares and days are written as the reader does', async () => {
    const visit = await openPage({ locale: 'de-DE' })
    await open(visit.page, served, '?page=feed')
    const { items } = await served.ask<Positions>('stats/positions?days=7&limit=1000')
    const place = items.find(({ source, position }) => source === 'feed' && position === 0)
    await visit.page.selectOption('#positions select', 'feed')
    await openTable(visit.page, '#positions')
    const german = new Intl.NumberFormat('de-DE')
    const percent = new Intl.NumberFormat('de-DE', { style: 'percent', minimumFractionDigits: 2 })
    expect((await rowsOf(visit.page, '#positions'))[0]!.slice(1, 4)).toEqual([
      german.format(place!.impressions),
      german.format(place!.clicks),
      percent.format(Math.round(place!.clickThroughRate! * 10_000) / 10_000),
    ])
    await open(visit.page, served)
    const { totals } = await served.ask<SiteStats>('stats/site?days=7')
    expect(totals.impressions).toBeGreaterThan(999)
    expect(await card(visit.page, 'Impressions')).toBe(german.format(totals.impressions))
    expect(await card(visit.page, 'Impressions')).toContain('.')
    await visit.context.close()
  })

  test('nothing moves for whoever wants less motion, and something does for others', async () => {
    expect(await whatMoves(served, 'reduce')).toEqual([])
    expect(await whatMoves(served, 'no-preference')).not.toEqual([])
  })

  test('the keys of the period picker choose the days, and the numbers follow', async () => {
    await open(page, served)
    for (const [key, search, days] of [
      ['d', 'days=1', 1],
      ['m', 'days=30', 30],
      ['q', 'days=90', 90],
      ['w', '', 7],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForURL((url) => url.search === (search === '' ? '' : `?${search}`))
      const { totals } = await served.ask<SiteStats>(`stats/site?days=${days}`)
      await expect.poll(() => card(page, 'Page views')).toBe(count(totals.pageViews))
    }
    await page.keyboard.press('ArrowLeft')
    await page.waitForURL(/from=/)
    await page.keyboard.press('ArrowRight')
    await page.waitForURL((url) => url.search === '')
  })

  test('a dead letter is shown, and stored again by one press when its cause is repaired', async () => {
    const { kysely } = served.db
    await sql`alter table events add constraint no_poison check (view_type <> 'poison')`.execute(kysely)
    const sent = await fetch(`${served.origin}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'like', content: { type: 'post', id: 'was-dead' }, viewType: 'poison' }),
    })
    expect(await sent.text()).toContain('unstorable')
    await sql`alter table events drop constraint no_poison`.execute(kysely)

    await open(page, served, '?page=trust')
    // The report is shared by all who look within ten seconds.
    await expect
      .poll(
        async () => {
          await page.click('footer button')
          await ready(page)
          return (await rowsOf(page, '#letters')).map((cells) => cells[1]!.split(' ')[0])
        },
        { timeout: 20_000, interval: 500 },
      )
      .toEqual(['23514'])
    await page.click('#letters tbody button')
    await expect
      .poll(() => page.textContent('#letters .said'))
      .toBe('Stored 1; 0 had been stored before; 0 refused again.')
    await expect
      .poll(() => page.textContent('#letters .nothing'))
      .toBe('None. Every event that was accepted is stored.')
    const { totals } = await served.ask<ContentStats>('content/post/was-dead/stats')
    expect(totals.likes).toBe(1)
  })

  test('an author sees own content and nothing else', async () => {
    await served.db.kysely
      .updateTable('content')
      .set({ owner_id: 'ada' })
      .where('type', '=', 'post')
      .where('id', '=', '1')
      .execute()
    const token = await tokenOf('ada', {}, now())
    await open(page, served, '?page=content&type=post&id=1', token)
    const { totals } = await served.ask<ContentStats>('content/post/1/stats?days=7')
    expect(await card(page, 'Impressions')).toBe(count(totals.impressions))
    expect(await page.$$eval('nav[aria-label="Pages"] a', (links) => links.map((each) => each.textContent))).toEqual([
      'Content',
    ])
    await page.goto(`${served.origin}/?page=content&type=post&id=2#token=${token}`)
    await page.waitForSelector('[role=alert]')
    expect(await page.textContent('[role=alert]')).toContain('authors see their own content')
  })

  test('the first load takes at most a second', async () => {
    const tookMs: number[] = []
    // The quickest of several, beside other tests: what else the machine does at the time is not the dashboard's.
    for (let times = 0; times < 20 && Math.min(Infinity, ...tookMs) > FIRST_LOAD_MS; times++) {
      const fresh = await openPage()
      const startedAt = performance.now()
      await fresh.page.goto(`${served.origin}/?days=30#token=${ADMIN_TOKEN}`)
      await ready(fresh.page)
      tookMs.push(performance.now() - startedAt)
      await fresh.context.close()
    }
    expect(Math.min(...tookMs)).toBeLessThan(FIRST_LOAD_MS)
  })

  test('nothing is asked of another origin, and nothing is complained about', () => {
    expect([...requested]).toEqual([served.origin])
    expect(complaints).toEqual([])
  })

  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  interface Violation {
    id: string
    nodes: { html: string; failureSummary?: string }[]
  }

  test.each([
    ['light', 1_280],
    ['light', 390],
    ['dark', 1_280],
    ['dark', 390],
  ] as const)(
    'has no violation of accessibility, %s and %s pixels wide',
    { timeout: 120_000 },
    async (colorScheme, width) => {
      const visit = await openPage({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' })
      const found: string[] = []
      async function look(name: string) {
        await visit.page.evaluate(axe)
        const violations = await visit.page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)')
        for (const { id, nodes } of violations)
          found.push(`${name} ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary ?? ''}`)
        const isWider = await visit.page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
        if (isWider) found.push(`${name} is wider than the screen`)
      }
      for (const query of ['?days=30', '?country=DE&device=mobile&source=', ...otherPages]) {
        await open(visit.page, served, query)
        await look(query)
      }
      await visit.page.keyboard.press('?')
      await look('keys')
      await visit.page.click('dialog[open] button')
      await visit.page.click('button:has-text("Sign out")')
      await visit.page.waitForSelector('#token')
      await look('sign-in')
      await visit.context.close()
      expect(found).toEqual([])
    },
  )
})

describe.skipIf(!chromiumPath)('before the first event', () => {
  test.each([
    ['', '#app main', 'Put the script on a page of yours'],
    ['?page=content', '#contents', 'Nothing in this period.'],
    ['?page=feed', '#positions', 'Pass position to observe()'],
    ['?page=feed', '#sources', 'No impression told a source in this period.'],
    ['?page=feed', '#trending', 'Nothing grows at the moment.'],
    ['?page=viewers', '#cohorts', 'The first cohort is here tomorrow.'],
    ['?page=viewers', '#users', 'No signed-in user in this period.'],
    ['?page=live', '#live-contents', 'Scroll through a page that is observed'],
    ['?page=trust', '#outcomes', 'No event has arrived yet.'],
    ['?page=trust', '#letters', 'None. Every event that was accepted is stored.'],
    ['?page=content&type=post&id=404', '[role=alert]', 'Neither an event nor the catalogue has named post "404".'],
  ])('the page %s says in %s what is missing or what to do', async (query, place, sentence) => {
    const { page, context, complaints } = await openPage()
    unused ??= await serve()
    await page.goto(`${unused.origin}/${query}#token=${ADMIN_TOKEN}`)
    await expect.poll(() => page.textContent(place), { timeout: 15_000 }).toContain(sentence)
    expect(complaints).toEqual([])
    await context.close()
  })
})

/** Texts by which pages of other products were broken (research: stored XSS in analytics dashboards). */
const attacks = [
  '<script>window.hit=1</script>',
  '<img src=x onerror=window.hit=2>',
  '"><svg onload=window.hit=3>',
  "' onmouseover='window.hit=4",
  '" autofocus onfocus="window.hit=5',
  'javascript:window.hit=6',
  '{{constructor.constructor("window.hit=7")()}}',
  '${window.hit=8}',
  '%3Cscript%3Ewindow.hit=9%3C/script%3E',
  '&lt;img src=x onerror=window.hit=10&gt;',
  '</title><script>window.hit=11</script>',
  '=HYPERLINK("http://evil.test","x")',
  '\u202Ereversed<iframe srcdoc="<script>parent.hit=12</script>">',
]

describe.skipIf(!chromiumPath)('with an attack in every text that a stranger can send', () => {
  let served: Served

  beforeAll(async () => {
    served = await serve()
    const arrivedAt = new Date(now())
    for (const [index, text] of attacks.entries()) {
      const content = { type: 'post', id: text }
      const base = { content, source: text, viewType: text, position: 0, metadata: { variant: text } }
      const events: Omit<WireEvent, 'id'>[] = [
        { type: 'impression', ...base },
        { type: 'view', ...base, durationMs: 2_000 },
        { type: 'click', ...base },
        { type: 'like', ...base },
        {
          type: 'page_view',
          content: { type: 'page', id: `/${text}` },
          referrer: `http://evil-${index}.test/${encodeURIComponent(text)}`,
        },
      ]
      const answer = await fetch(`${served.origin}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': `Mozilla/5.0 Chrome/140.0 ${index}` },
        body: JSON.stringify({ events: Array.from({ length: 15 }, () => events).flat() }),
      })
      if (!answer.ok) throw new Error(await answer.text())
      const named = await fetch(`${served.origin}/v1/content/post/${encodeURIComponent(text)}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}` },
        body: JSON.stringify({ title: text }),
      })
      if (!named.ok) throw new Error(await named.text())
      await served.db.kysely
        .insertInto('dead_letters')
        .values({
          event_id: `01900000-0000-7000-8000-${String(index).padStart(12, '0')}`,
          received_at: arrivedAt,
          viewer_key: '1',
          user_id: text,
          code: '22P02',
          message: text,
          event: '{}',
          stored_as: '{}',
        })
        .execute()
    }
  })

  test('nothing runs, nothing is asked of another origin, and the policy has nothing to stop', async () => {
    const { page, complaints, context } = await openPage()
    const origins = new Set<string>()
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)
      })
    })
    const text = attacks[2]!
    const one = `?page=content&type=post&id=${encodeURIComponent(text)}`
    const source = `?page=feed&source=${encodeURIComponent(text)}&key=${encodeURIComponent(text)}`
    const filtered = `?${new URLSearchParams({ source: text, viewType: text, contentType: 'post', contentId: text })}`
    for (const query of [
      '',
      filtered,
      '?by=views',
      '?page=content',
      one,
      '?page=feed',
      '?page=viewers',
      source,
      '?page=live',
      '?page=trust',
    ]) {
      await open(page, served, query)
      for (const summary of await page.$$('details:not(.dates) summary')) await summary.click()
      for (const tab of await page.$$('.tabs button')) await tab.click()
      for (const each of await page.$$('.chart, .rate, .card, .heat tbody tr:first-child td')) await each.hover()
      for (const row of (await page.$$('tbody th a')).slice(0, 13)) await row.hover()
      expect([query, await page.evaluate('window.hit')]).toEqual([query, undefined])
      const addresses = await page.$$eval('a', (links) => links.map((link) => link.protocol))
      expect(new Set(addresses)).toEqual(new Set(['http:']))
      const strange = await page.$$eval(
        'script, iframe, img, svg[onload], [onerror], [onmouseover], [onfocus]',
        (all) => all.map((each) => each.outerHTML),
      )
      expect(strange).toEqual(['<script type="module" src="./app.js"></script>'])
    }
    await open(page, served)
    const shown = await rowsOf(page, '#top')
    expect(shown.length).toBe(10)
    expect(
      shown.every(([name]) => attacks.some((each) => name!.includes(each.replaceAll(/\s+/g, ' ').slice(0, 8)))),
    ).toBe(true)
    expect([...origins]).toEqual([served.origin])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('no cell of a saved table is a formula', async () => {
    const { page, context } = await openPage({ acceptDownloads: true })
    await open(page, served, '?page=content')
    const download = page.waitForEvent('download')
    await page.click('#contents .csv')
    const csv = readFileSync(await (await download).path(), 'utf8')
    expect(csv.split('\r\n').length).toBe(attacks.length + 2)
    expect(csv).toContain(`"'=HYPERLINK`)
    expect(csv).not.toMatch(/(^|,|\n)"?[=+@\t]/)
    await context.close()
  })
})
