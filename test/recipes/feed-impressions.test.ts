// Feed impressions: the code of docs/recipes/feed-impressions.md in a real browser, to the site's own endpoint and to a collector.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFacades } from '../../examples/rest-facades/facades'
import type { ContentStats, SiteStats } from '../../packages/collector/src/stats/shapes'
import { chromiumPath, launchChromium } from '../support/chromium'
import { databases } from '../support/databases'
import { servePages, type Site } from '../support/serve-pages'
import { openStage, openVisitor, patience, readRecipe, scrollTo, tokenOf, type Stage } from './stage'

const recipe = readRecipe('feed-impressions')

/** Of these cards three have at least half of themselves on a screen of 800 pixels. */
const ON_SCREEN = 3
const POSTS = 30
const FLUSH_MS = 3_000
const BATCH = 10

const html = (script: string, firstId: number) => `<!doctype html>
<style>body { margin: 0 } article { height: 300px; margin: 0 0 20px; background: #eee }</style>
<div id="app"></div>
<script>
  // A card reads its title whenever it renders, and nothing else does.
  let renders = 0
  const posts = Array.from({ length: ${POSTS} }, (_, place) => ({
    id: String(${firstId} + place),
    get title() {
      renders++
      return 'Post ' + this.id
    },
  }))
</script>
<script>${script}</script>`

const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, place) => first + place)

let browser: Browser
beforeAll(async () => {
  if (chromiumPath) browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.skipIf(!chromiumPath)('to the endpoint of the site', () => {
  let stage: Stage
  let app: ReturnType<typeof buildFacades>
  let origin: string
  const batches: { ids: number[]; atMs: number; token: string | undefined; mediaType: string | undefined }[] = []
  const told = () => batches.flatMap(({ ids }) => ids)

  beforeAll(async () => {
    stage = await openStage(recipe, { memory: true })
    app = buildFacades(stage.collector)
    const script = await recipe.bundle("import './main'; export { tracker } from './tracking'", {
      replace: { './tracking': './own-endpoint' },
    })
    app.get('/feed', (_request, reply) => reply.type('text/html').send(html(script, 101)))
    app.get('/elsewhere', (_request, reply) => reply.type('text/html').send('<!doctype html><p>Elsewhere'))
    app.addHook<{ Body: { post_ids: number[] } | undefined }>('preHandler', async ({ body, headers }) => {
      if (!body) return
      batches.push({
        ids: body.post_ids,
        atMs: Date.now(),
        token: headers.authorization,
        mediaType: headers['content-type'],
      })
    })
    origin = new URL(await app.listen({ host: '127.0.0.1', port: 0 })).origin
  })
  afterAll(async () => {
    await app?.close()
    await stage?.close()
  })

  test('a post is told once a session, in batches of ten or after three seconds, for a signed-in user', async () => {
    const { page, complaints, close } = await openVisitor(browser, { sendsTo: /impressions/ })
    await page.goto(`${origin}/feed`)
    await scrollTo(page, 'article:nth-child(5)')
    await page.waitForTimeout(FLUSH_MS + 500)
    expect(batches).toEqual([])

    const token = await tokenOf('ada')
    await page.evaluate((token) => localStorage.setItem('access_token', token), token)
    const openedAtMs = Date.now()
    await page.goto(`${origin}/feed?signed-in`)
    await expect.poll(told, patience).toEqual(idsFrom(101, ON_SCREEN))
    expect(batches[0]!.atMs - openedAtMs).toBeGreaterThanOrEqual(FLUSH_MS)
    expect(batches[0]).toMatchObject({ token: `Bearer ${token}`, mediaType: 'application/json' })

    // Past twelve posts within the three seconds, in the page's own time.
    await page.evaluate(async () => {
      for (const card of [...document.querySelectorAll('article')].slice(3, 13)) {
        card.scrollIntoView({ block: 'start', behavior: 'instant' })
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })
    await expect.poll(() => told().length, patience).toBe(15)
    expect(batches.map(({ ids }) => ids.length)).toEqual([ON_SCREEN, BATCH, 2])
    expect(told()).toEqual(idsFrom(101, 15))
    expect(batches[2]!.atMs - batches[1]!.atMs).toBeGreaterThan(1_000)
    expect(await page.evaluate('renders')).toBe(POSTS)

    // Once more past all of them, and after a reload.
    await scrollTo(page, 'article:nth-child(1)')
    await page.reload()
    await scrollTo(page, 'article:nth-child(6)')
    await page.waitForTimeout(FLUSH_MS + 500)
    expect(told()).toEqual(idsFrom(101, 15))

    // The page ends before the three seconds do.
    await scrollTo(page, 'article:nth-child(20)')
    await page.waitForTimeout(300)
    await page.goto(`${origin}/elsewhere`)
    await expect.poll(told, patience).toEqual([...idsFrom(101, 15), ...idsFrom(120, ON_SCREEN)])

    // The page that ended told two addresses, and nobody knows which of them heard it first.
    await expect
      .poll(() => stage.ask<SiteStats>('/v1/stats/site?audience=authenticated'), patience)
      .toMatchObject({ totals: { impressions: 18 }, viewers: { value: 1 } })
    expect((await stage.ask<SiteStats>('/v1/stats/site?audience=anonymous')).totals.impressions).toBe(0)
    expect((await stage.ask<ContentStats>('/v1/content/post/121/stats')).totals.impressions).toBe(1)
    expect(complaints).toEqual([])
    await close()
  })
})

describe.skipIf(!chromiumPath).each(databases)('to a collector on $name', (database) => {
  let stage: Stage
  let site: Site

  beforeAll(async () => {
    stage = await openStage(recipe, await database.options())
    const script = await recipe.bundle("import './main'; export { userSignedIn, userSignsOut } from './tracking'", {
      collector: stage.origin,
    })
    site = await servePages({ '/feed': html(script, 1), '/elsewhere': '<!doctype html><p>Elsewhere' })
  })
  afterAll(async () => {
    await site?.close()
    await stage?.close()
  })

  const impressions = async (query = '') => (await stage.ask<SiteStats>(`/v1/stats/site${query}`)).totals.impressions

  test('what two users saw is what its numbers say', async () => {
    for (const user of ['ada', 'bob']) {
      const { page, complaints, close } = await openVisitor(browser, { sendsTo: /v1\/events/ })
      const before = await impressions()
      await page.goto(`${site.origin}/feed`)
      await page.waitForTimeout(500)
      // Without a new page: what was on screen before is not told, what comes on screen is.
      const token = await tokenOf(user)
      await page.evaluate((token) => {
        localStorage.setItem('access_token', token)
        ;(globalThis as unknown as { recipe: { userSignedIn(): void } }).recipe.userSignedIn()
      }, token)
      await scrollTo(page, 'article:nth-child(4)')
      await page.waitForTimeout(300)
      await scrollTo(page, 'article:nth-child(1)')
      await page.waitForTimeout(300)
      await page.goto(`${site.origin}/elsewhere`)
      await expect.poll(impressions, patience).toBe(before + 2 * ON_SCREEN)
      expect(complaints).toEqual([])
      await close()
    }
    expect(await impressions('?audience=authenticated')).toBe(4 * ON_SCREEN)
    for (const asked of recipe.asked) await stage.holds(asked, { USER_TOKEN: await tokenOf('cleo') })
  })

  test('who signs out is not followed any more', async () => {
    const { page, complaints, close } = await openVisitor(browser, { sendsTo: /v1\/events/ })
    const before = await impressions()
    await page.goto(`${site.origin}/elsewhere`)
    await page.evaluate((token) => localStorage.setItem('access_token', token), await tokenOf('dora'))
    await page.goto(`${site.origin}/feed`)
    await page.waitForTimeout(500)
    await page.evaluate(async () => {
      await (globalThis as unknown as { recipe: { userSignsOut(): Promise<void> } }).recipe.userSignsOut()
      localStorage.removeItem('access_token')
    })
    expect(await impressions()).toBe(before + ON_SCREEN)
    await scrollTo(page, 'article:nth-child(12)')
    await page.waitForTimeout(500)
    await page.goto(`${site.origin}/elsewhere`)
    await page.waitForTimeout(1_000)
    expect(await impressions()).toBe(before + ON_SCREEN)
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([])
    expect(complaints).toEqual([])
    await close()
  })
})
