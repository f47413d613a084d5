// What was released once works with every later collector: kept scripts in a real browser, the requests that they sent, and the
// tables that the version before writes to while the new one starts. `scripts/keep-bundle.mjs` keeps them.
import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { buildCollector, openDatabase, type Config } from '@sightline/collector'
import type { Batch, IngestResult } from '../packages/sdk/src/wire'
import { chromiumPath, launchChromium } from './support/chromium'
import { faults, openFaultProxy, type FaultProxy } from './support/fault-proxy.mjs'
import { keptPage, recordedTypes } from './support/kept-page.mjs'
import { servePages, type Site } from './support/serve-pages'
import { root } from './support/source-files'

interface KeptRequest {
  contentType: string
  body: string
}

interface Stored {
  id: string
  type: string
  metadata?: { index?: number }
}

interface KeptColumn {
  type: string
  /** Whether a writer that does not know the column can insert a row. */
  mayBeLeftOut: boolean
}

const ADMIN_TOKEN = 'Zt8-wQ4nB6vM1xK9pL3sD7fG5hJ2rC0y'
const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` }
/** What a closed page left is looked for again after 5 s, and leaves with the flush 5 s later. */
const patience = { timeout: 20_000 }
const folder = join(root, 'test/bundles')
const versions = readdirSync(folder).toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
const read = (version: string, name: string) => readFileSync(join(folder, version, name), 'utf8')
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

test('every version in the changelog is kept', () => {
  const released = [...readFileSync(join(root, 'CHANGELOG.md'), 'utf8').matchAll(/^## (\d+\.\d+\.\d+)$/gm)]
  const missing = released
    .flatMap(([, version = '']) =>
      ['sightline.iife.js', 'requests.json', 'tables.json'].map((name) => `${version}/${name}`),
    )
    .filter((path) => !existsSync(join(folder, path)))
  expect(released.length).toBeGreaterThan(0)
  expect(missing).toEqual([])
})

test.each(versions)('the script of %s says its version', (version) => {
  expect(read(version, 'sightline.iife.js')).toContain(`web/${version}`)
})

const openMigrated = async () => openDatabase({ memory: true, snapshot: await openAsBlob(inject('pgliteSnapshot')) })

async function openCollector(config: Partial<Config> = {}, now?: () => number) {
  const db = await openMigrated()
  const collector = await buildCollector({
    db,
    config: { logLevel: 'silent', networkEventsPerSecond: 0, adminToken: ADMIN_TOKEN, ...config },
    now,
  })
  return {
    collector,
    /** What is stored, as an export tells it. */
    async stored(): Promise<Stored[]> {
      const { body } = await collector.inject({ url: '/v1/export', headers: asAdmin })
      const lines = body.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Stored)
    },
    async outcomes(): Promise<Record<string, number>> {
      const rows = await db.kysely.selectFrom('outcomes').select(['outcome', 'reason', 'count']).execute()
      return Object.fromEntries(
        rows.map(({ outcome, reason, count }) => [`${outcome} ${reason}`.trim(), Number(count)]),
      )
    },
    async close() {
      await collector.close()
      await db.close()
    },
  }
}

describe.each(versions)('the requests of %s', (version) => {
  const requests = JSON.parse(read(version, 'requests.json')) as KeptRequest[]
  const batches = requests.map(({ body }) => JSON.parse(body) as Batch)
  const ids = [...new Set(batches.flatMap(({ events }) => events.map(({ id }) => id)))]
  const sentAt = Math.max(...batches.map((batch) => batch.sentAt ?? 0))

  test('hold an event of every kind, and those of the end of the page', () => {
    const types = new Set(batches.flatMap(({ events }) => events.map(({ type }) => type)))
    expect(recordedTypes.filter((type) => !types.has(type))).toEqual([])
    expect(batches.flatMap(({ events }) => events.map(({ metadata }) => metadata?.['index']))).toContain(5)
  })

  test.each([
    ['when they were sent', () => sentAt + 1_000],
    ['a year later', () => sentAt + 365 * 86_400_000],
  ])('are stored once, %s', async (_when, now) => {
    const { stored, collector, close } = await openCollector({}, now)
    const post = async () => {
      const results: IngestResult[] = []
      for (const { contentType, body } of requests) {
        const headers = { 'content-type': contentType }
        const answer = await collector.inject({ method: 'POST', url: '/v1/events', headers, payload: body })
        expect(answer.statusCode).toBe(200)
        results.push(answer.json<IngestResult>())
      }
      const sumOf = (name: 'tracked' | 'duplicates') => results.reduce((sum, result) => sum + result[name], 0)
      return {
        tracked: sumOf('tracked'),
        duplicates: sumOf('duplicates'),
        errors: results.flatMap(({ errors }) => errors),
      }
    }
    try {
      const sent = batches.flatMap(({ events }) => events).length
      expect(await post()).toEqual({ tracked: ids.length, duplicates: sent - ids.length, errors: [] })
      expect(await post()).toEqual({ tracked: 0, duplicates: sent, errors: [] })
      expect((await stored()).map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    } finally {
      await close()
    }
  })
})

const flush = (page: Page) =>
  page.evaluate<{ delivered: number; queued: number; dropped: Record<string, number> }>('window.sightline.flush()')

describe.skipIf(!chromiumPath).each(versions)('the script of %s, with the collector of today,', (version) => {
  const script = read(version, 'sightline.iife.js')
  let browser: Browser
  let collector: Awaited<ReturnType<typeof openCollector>>
  let proxy: FaultProxy
  let site: Site

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
  })
  beforeEach(async () => {
    collector = await openCollector({ strictCatalog: true })
    for (const content of ['post/42', 'post/7', 'reel/9']) {
      await collector.collector.inject({
        method: 'PUT',
        url: `/v1/content/${content}`,
        headers: asAdmin,
        payload: {},
      })
    }
    proxy = await openFaultProxy(await collector.collector.listen({ host: '127.0.0.1', port: 0 }))
    site = await servePages({ '/': keptPage(proxy.origin, 'kept'), '/sightline.js': script })
  })
  afterEach(async () => {
    await site.close()
    await proxy.close()
    await collector.close()
  })

  async function open(context = browser.newContext()): Promise<Page> {
    const page = await (await context).newPage()
    await page.goto(site.origin)
    return page
  }

  const storedNumbers = async () => {
    const likes = (await collector.stored()).filter(({ type }) => type === 'like')
    return likes.map(({ metadata }) => metadata?.index ?? NaN).toSorted((a, b) => a - b)
  }

  test('records every kind of event, and what is left at the end of the page', async () => {
    const page = await open()
    await page.evaluate('recordAll()')
    await page.waitForTimeout(1_500)
    await page.click('button')
    await page.close()
    const types = async () => (await collector.stored()).map(({ type }) => type)
    await expect.poll(async () => (await types()).toSorted(), patience).toEqual(recordedTypes.toSorted())
    const { tracked, ...others } = await collector.outcomes()
    expect(tracked).toBe(recordedTypes.length)
    expect(Object.keys(others).filter((name) => name !== 'duplicate')).toEqual([])
  })

  test('stores once what it sends again because an answer was lost', async () => {
    const context = browser.newContext()
    proxy.begin(faults.replyCut({ times: 1 }))
    const page = await open(context)
    await page.evaluate('like(0, 10)')
    await flush(page).catch(() => {})
    await page.close()
    proxy.end()
    const again = await open(context)
    await flush(again)
    await expect.poll(storedNumbers, patience).toEqual(numbers(0, 10))
    expect((await collector.outcomes()).duplicate).toBeGreaterThanOrEqual(10)
  })

  test('keeps what a collector that is down could not take, and delivers it with a next visit', async () => {
    const context = browser.newContext()
    const page = await open(context)
    await proxy.goDown()
    await page.evaluate('like(0, 5)')
    await page.close()
    await proxy.comeUp()
    // A visit may take over what was kept after its flush has begun, or not before the closed page lets go of it.
    const visits: Page[] = []
    const visit = async () => {
      visits.push(await open(context))
      for (const each of visits) await flush(each)
      return storedNumbers()
    }
    await expect.poll(visit, { timeout: 60_000, interval: 6_000 }).toEqual(numbers(0, 5))
  })

  test('understands which event was refused, and sends none of them again', async () => {
    const page = await open()
    await flush(page)
    const before = proxy.exchanges.length
    await page.evaluate(
      `call('track', 'like', { ...note(0), content: { type: 'post', id: 'unknown to the catalogue' } })`,
    )
    await page.evaluate('like(1, 3)')
    expect(await flush(page)).toMatchObject({ delivered: 2, queued: 0, dropped: { rejected: 1 } })
    await flush(page)
    expect(await storedNumbers()).toEqual([1, 2])
    expect(await collector.outcomes()).toMatchObject({ 'refused unknown_content': 1 })
    expect(proxy.exchanges.slice(before).filter(({ body }) => body.includes('unknown to'))).toHaveLength(1)
  })

  test('waits as long as Retry-After asks for', async () => {
    proxy.begin(faults.tooMany(2))
    const page = await open()
    await page.evaluate('like(0, 5)')
    await flush(page)
    await expect.poll(storedNumbers, patience).toEqual(numbers(0, 5))
    const [first, second] = proxy.exchanges.filter(({ method }) => method === 'POST')
    expect(first?.status).toBe(429)
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000)
  })
})

describe('the tables', () => {
  let today: Record<string, KeptColumn>
  beforeAll(async () => {
    const db = await openMigrated()
    const tables = await db.kysely.introspection.getTables()
    await db.close()
    today = Object.fromEntries(
      tables.flatMap(({ name: table, columns }) =>
        columns.map(({ name, dataType, isNullable, hasDefaultValue }) => [
          `${table}.${name}`,
          { type: dataType, mayBeLeftOut: isNullable || hasDefaultValue },
        ]),
      ),
    )
  })

  // Two versions run side by side during a restart, and the older one finds what the newer one has made of the tables.
  test.each(versions.slice(-2))('hold all that the collector of %s reads and writes', (version) => {
    const before = JSON.parse(read(version, 'tables.json')) as Record<string, KeptColumn>
    const tables = new Set(Object.keys(before).map((name) => name.split('.')[0]))
    expect(Object.keys(before).length).toBeGreaterThan(100)
    const changed = Object.entries(before).filter(([name, { type }]) => today[name]?.type !== type)
    expect(changed.map(([name]) => name)).toEqual([])
    const asked = Object.entries(today).filter(
      ([name, { mayBeLeftOut }]) => !(name in before) && !mayBeLeftOut && tables.has(name.split('.')[0]),
    )
    expect(asked.map(([name]) => name)).toEqual([])
  })
})
