// Each example in a real Chromium, served as its one command serves it. The three feeds are visited at length in feeds.test.ts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCollector, openDatabase } from '@sightline/collector'
import { buildFacades } from '../examples/rest-facades/facades'
import type { Batch, WireEvent } from '../packages/sdk/src/wire'
import { chromiumPath, launchChromium } from './support/chromium'
import { root } from './support/source-files'

/** Where the examples send. */
const COLLECTOR = 'http://localhost:8787'
const ARRIVES_WITHIN_MS = 15_000

const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** As much of Vite as it takes to start its server. */
interface Vite {
  createServer(config: object): Promise<{
    listen(): Promise<unknown>
    close(): Promise<void>
    resolvedUrls: { local: string[] } | null
  }>
}

const likeTheSecond = (page: Page) => page.locator('article').nth(1).locator('[name=like]').click()

describe.skipIf(!chromiumPath)('the example', () => {
  let browser: Browser
  beforeAll(async () => void (browser = await launchChromium()))
  afterAll(() => browser?.close())

  /** A tab whose collector only remembers, and what is wrong in it. */
  async function openTab() {
    const page = await browser.newPage({ viewport: { width: 1_000, height: 800 } })
    const events: WireEvent[] = []
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.route(`${COLLECTOR}/v1/events`, async (route) => {
      const batch: Batch = JSON.parse(route.request().postData() ?? '{"events":[]}')
      events.push(...batch.events)
      const answer = { success: true, tracked: batch.events.length, duplicates: 0, dropped: {}, errors: [] }
      await route.fulfill({ headers: { 'access-control-allow-origin': '*' }, json: answer })
    })
    const named = (type: string) =>
      events
        .filter((event) => event.type === type)
        .map(({ content, source, position }) => `${content?.type}:${content?.id} ${source} @${position}`)
    return { page, events, errors, named }
  }

  test('script-tag tells what its attributes say', async () => {
    const { page, errors, named } = await openTab()
    const files: Record<string, [type: string, body: string]> = {
      '/': ['text/html', read('examples/script-tag/index.html')],
      '/feed.js': ['text/javascript', read('examples/script-tag/feed.js')],
      '/feed.css': ['text/css', read('examples/server/public/feed.css')],
    }
    await page.route('http://site.test/**', (route) => {
      const [contentType, body] = files[new URL(route.request().url()).pathname] ?? ['text/plain', '']
      return route.fulfill({ contentType, body })
    })
    await page.route(`${COLLECTOR}/sightline.js`, (route) =>
      route.fulfill({ contentType: 'text/javascript', body: read('packages/sdk/dist/sightline.iife.js') }),
    )
    await page.goto('http://site.test/')
    await likeTheSecond(page)
    await expect
      .poll(() => named('impression'), { timeout: ARRIVES_WITHIN_MS })
      .toEqual(expect.arrayContaining(['post:1 feed @0', 'post:2 feed @1']))
    await page.locator('article a').first().click()
    await expect.poll(() => named('click'), { timeout: ARRIVES_WITHIN_MS }).toEqual(['post:1 feed @0'])
    expect(named('like')).toEqual(['post:2 feed @1'])
    expect(errors).toEqual([])
    await page.close()
  })

  test('react-feed runs in the development server of Vite', async () => {
    const folder = join(root, 'examples/react-feed')
    const vite: Vite = await import(pathToFileURL(join(folder, 'node_modules/vite/dist/node/index.js')).href)
    const cacheDir = mkdtempSync(join(tmpdir(), 'sightline-vite-'))
    const server = await vite.createServer({
      root: folder,
      cacheDir,
      logLevel: 'error',
      server: { port: 0, strictPort: false },
      // From the sources: no test needs a build of the adapter.
      resolve: {
        alias: ['react', 'sdk'].map((name) => ({
          find: `@sightline/${name}`,
          replacement: join(root, `packages/${name}/src/index.ts`),
        })),
      },
    })
    try {
      await server.listen()
      const { page, errors, named } = await openTab()
      await page.goto(server.resolvedUrls!.local[0]!)
      await likeTheSecond(page)
      await expect
        .poll(() => named('impression'), { timeout: ARRIVES_WITHIN_MS })
        .toEqual(expect.arrayContaining(['post:1 feed @0', 'post:2 feed @1']))
      expect(named('like')).toEqual(['post:2 feed @1'])
      expect(
        await page
          .locator('article')
          .first()
          .evaluate((card) => getComputedStyle(card).borderStyle),
      ).toBe('solid')
      expect(errors).toEqual([])
      await page.close()
    } finally {
      await server.close()
      rmSync(cacheDir, { recursive: true, force: true })
    }
  })

  test('rest-facades takes what a page of the old system sends', async () => {
    const db = await openDatabase({ memory: true })
    const adminToken = 'examples-admin-token-of-more-than-32-characters'
    const collector = await buildCollector({ db, config: { adminToken, logLevel: 'silent' } })
    const app = buildFacades(collector)
    const page = await browser.newPage()
    try {
      await app.listen({ host: '127.0.0.1', port: 0 })
      const { port } = app.server.address() as { port: number }
      await page.goto(`http://127.0.0.1:${port}/api/blog-post/42/stats`)
      const answers = await page.evaluate(
        async ([token]) => {
          const view = { post_id: '42', interaction_type: 'view', metadata: { duration: 5_000, source: 'feed' } }
          const headers = { 'content-type': 'application/json' }
          const sent = await fetch('/api/track', { method: 'POST', headers, body: JSON.stringify(view) })
          const stats = await fetch('/api/blog-post/42/stats', { headers: { authorization: `Bearer ${token}` } })
          return [await sent.json(), await stats.json()]
        },
        [adminToken],
      )
      expect(answers).toMatchObject([{ success: true, tracked: 1 }, { totals: { views: 1 } }])
    } finally {
      await page.close()
      await app.close()
      await collector.close()
      await db.close()
    }
  })
})
