// Watch time of reels: the code of docs/recipes/watch-time.md in a real browser, its answers and its list.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContentStats, Durations } from '../../packages/collector/src/stats/shapes'
import type { RecentViewsPage } from '../../packages/collector/src/viewers/recent-views'
import { bundleForPage } from '../support/bundle'
import { chromiumPath, launchChromium } from '../support/chromium'
import { databases } from '../support/databases'
import { servePages, type Site } from '../support/serve-pages'
import { asAdmin, openStage, openVisitor, patience, readRecipe, scrollTo, sql, tokenOf, type Stage } from './stage'

const recipe = readRecipe('watch-time')
const sendsTo = /v1\/events/
const QUIET_MS = 1_500

const reel = (id: string) => ({ type: 'reel', id })

/** Reels below each other, each as tall as the screen: two of ten seconds, one of one second that begins again and again. */
const html = (script: string) => `<!doctype html>
<style>body { margin: 0 } video { display: block; width: 400px; height: 800px }</style>
<video id="long"></video><video id="skipped"></video><video id="short"></video>
<footer style="height: 800px">The end</footer>
<script src="/clips.js"></script>
<script>
  for (const video of document.querySelectorAll('video')) {
    Object.assign(video, { muted: true, loop: true, playsInline: true })
    video.src = clips.soundUrl(video.id === 'short' ? 1000 : 10000)
    video.play()
  }
</script>
<script>${script}</script>`

const arePlaying = (page: Page) =>
  expect.poll(() => page.$$eval('video', (all) => all.every((video) => video.currentTime > 0)), patience).toBe(true)

let browser: Browser
beforeAll(async () => {
  if (chromiumPath) browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.each(databases)('on $name', (database) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage(recipe, await database.options(), { longestJobPeriodMs: 100 })
    const contents = [
      ...['long', 'skipped', 'short'].map(reel),
      ...Array.from({ length: 60 }, (_, at) => reel(`many-${at}`)),
    ]
    const { ok } = await stage.send('POST', '/v1/content', { contents }, asAdmin)
    if (!ok) throw new Error('Expected the reels to be registered.')
  })
  afterAll(() => stage?.close())

  const listOf = async (user: string, query = '') =>
    stage.ask<RecentViewsPage>(`/v1/me/recently-viewed?type=reel${query}`, await tokenOf(user))
  const classes = async (id: string) => (await stage.ask<ContentStats>(`/v1/content/reel/${id}/stats`)).watches
  const watch = async (user: string, fields: object) => {
    const authorization = `Bearer ${await tokenOf(user)}`
    const answer = await stage.send('POST', '/v1/events', { type: 'watch', ...fields }, { authorization })
    expect(answer.status).toBe(200)
  }

  test('every request is answered as the recipe says', async () => {
    for (const asked of recipe.asked) await stage.holds(asked, { USER_TOKEN: await tokenOf('cleo') })
    expect(await listOf('cleo', '&page=2&perPage=3')).toMatchObject({
      items: [{ content: reel('123'), title: 'Sunrise', durationMs: 15_000 }],
      page: 2,
      nextCursor: null,
    })
  })

  test('the list is the newest fifty of each viewer, and a reel that is watched again moves to its top', async () => {
    const authorization = `Bearer ${await tokenOf('fay')}`
    const startMs = Date.now() - 600_000
    const events = Array.from({ length: 60 }, (_, at) => ({
      type: 'watch',
      content: reel(`many-${at}`),
      occurredAt: startMs + at * 1_000,
      durationMs: 4_000,
    }))
    expect((await stage.send('POST', '/v1/events', { events }, { authorization })).status).toBe(200)
    const { items, total, pages } = await listOf('fay', '&perPage=20')
    expect([total, pages, items.length]).toEqual([50, 3, 20])
    expect(items[0]!.content).toEqual(reel('many-59'))
    expect((await listOf('fay', '&perPage=100')).items.at(-1)!.content).toEqual(reel('many-10'))

    await watch('fay', { content: reel('many-30'), durationMs: 20_000 })
    const again = await listOf('fay', '&perPage=100')
    expect(again.items[0]).toMatchObject({ content: reel('many-30'), durationMs: 20_000 })
    expect(again.items.filter(({ content }) => content?.id === 'many-30')).toHaveLength(1)
    expect(again.total).toBe(50)
    // Rows of all viewers but those who have fewer.
    const rows = async () =>
      Math.max(
        ...(
          await sql`select count(*)::int as n from recent_views group by viewer_key`.execute(stage.db.kysely)
        ).rows.map(({ n }) => Number(n)),
      )
    await expect.poll(rows, patience).toBe(50)
    expect((await listOf('gus')).items).toEqual([])
  })

  describe.skipIf(!chromiumPath)('in a browser', () => {
    let site: Site
    beforeAll(async () => {
      site = await servePages({
        '/reels': html(await recipe.bundle("import './reels'", { collector: stage.origin })),
        '/elsewhere': '<!doctype html><p>Elsewhere',
        '/clips.js': await bundleForPage('test/support/clips.ts', 'clips'),
      })
    })
    afterAll(() => site?.close())

    test('one call tells a reel that was scrolled away: partly watched, skipped, and to its end', async () => {
      const { page, context, requests, complaints, close } = await openVisitor(browser, { sendsTo })
      await context.addInitScript((token) => localStorage.setItem('access_token', token), await tokenOf('ada'))
      const openedAtMs = Date.now()
      await page.goto(`${site.origin}/reels`)
      await arePlaying(page)
      await page.waitForTimeout(4_200)
      expect(requests).toEqual([])

      await page.evaluate(async () => {
        document.querySelector('#skipped')!.scrollIntoView({ behavior: 'instant' })
        await new Promise((resolve) => setTimeout(resolve, 900))
        document.querySelector('#short')!.scrollIntoView({ behavior: 'instant' })
      })
      const told = () => requests.flatMap(({ body }) => body.events.map(({ content }) => content?.id))
      await expect.poll(told, patience).toEqual(['long', 'skipped'])
      await page.waitForTimeout(QUIET_MS)
      expect(requests).toHaveLength(2)
      await scrollTo(page, 'footer')
      await expect.poll(told, patience).toEqual(['long', 'skipped', 'short'])
      const passedMs = Date.now() - openedAtMs

      await expect.poll(async () => (await listOf('ada')).total, patience).toBe(3)
      const { items } = await listOf('ada')
      expect(items.map(({ content }) => content?.id)).toEqual(['short', 'skipped', 'long'])
      const [short, skipped, long] = items.map(({ durationMs }) => durationMs!)
      expect(long).toBeGreaterThanOrEqual(3_000)
      expect(long! + skipped!).toBeLessThan(passedMs)
      expect(skipped).toBeGreaterThan(0)
      expect(skipped).toBeLessThan(3_000)
      // It was played twice; nobody watches it for longer than it is.
      expect(requests[2]!.body.events[0]).toMatchObject({ completed: true })
      expect(requests[2]!.body.events[0]!.durationMs).toBeGreaterThan(1_100)
      expect(short).toBe(1_000)

      expect(await classes('long')).toMatchObject({ skipped: 0, partial: 1, completed: 0 })
      expect(await classes('skipped')).toMatchObject({ skipped: 1, partial: 0, completed: 0 })
      expect(await classes('short')).toMatchObject({ skipped: 0, partial: 0, completed: 1 })
      expect(complaints).toEqual([])
      await close()
    })

    test('watching again updates the one row, and who is not signed in has none', async () => {
      const before = (await stage.ask<Durations>('/v1/stats/durations')).watches.count
      for (const user of ['bob', 'bob', undefined]) {
        const { page, context, complaints, close } = await openVisitor(browser, { sendsTo })
        if (user)
          await context.addInitScript((token) => localStorage.setItem('access_token', token), await tokenOf(user))
        await page.goto(`${site.origin}/reels`)
        await arePlaying(page)
        await page.waitForTimeout(700)
        await scrollTo(page, '#skipped')
        await page.waitForTimeout(700)
        await page.goto(`${site.origin}/elsewhere`)
        await page.waitForTimeout(300)
        expect(complaints).toEqual([])
        await close()
      }
      await expect
        .poll(async () => (await stage.ask<Durations>('/v1/stats/durations')).watches.count, patience)
        .toBe(before + 6)
      const { items } = await listOf('bob')
      expect(items.map(({ content }) => content?.id)).toEqual(['skipped', 'long'])
      expect(Math.max(...items.map(({ durationMs }) => durationMs!))).toBeLessThan(5_000)
    })
  })
})
