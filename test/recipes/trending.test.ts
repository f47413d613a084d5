// Views, clicks and trending: the code of docs/recipes/trending.md in a real browser, its answers and its formula.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContentStats, Positions, Trending } from '../../packages/collector/src/stats/shapes'
import type { WireEvent } from '../../packages/sdk/src/wire'
import { chromiumPath, launchChromium } from '../support/chromium'
import { databases } from '../support/databases'
import { servePages, type Site } from '../support/serve-pages'
import { asAdmin, openStage, openVisitor, patience, readRecipe, tokenOf, type Stage } from './stage'

const recipe = readRecipe('trending')
const sendsTo = /v1\/events/
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const html = (script: string) => `<!doctype html>
<style>body { margin: 0 } main { height: 600px } a { display: block; height: 100px }</style>
<div id="app"></div>
<script>const posts = Array.from({ length: 12 }, (_, at) => ({ id: String(100 + at), title: 'A project' }))</script>
<script>${script}</script>`

const project = (id: string) => ({ type: 'project', id })
const atPlace = (type: string, position: number, count: number): WireEvent[] =>
  Array.from({ length: count }, () => ({ type, content: project('72'), source: 'explore_news', position }))

let browser: Browser
beforeAll(async () => {
  if (chromiumPath) browser = await launchChromium()
})
afterAll(() => browser?.close())

describe.each(databases)('on $name', (database) => {
  let stage: Stage
  beforeAll(async () => {
    stage = await openStage(recipe, await database.options())
    const contents = [
      ...Array.from({ length: 12 }, (_, at) => project(String(100 + at))),
      // The two of the numbers below: one is two days old.
      { ...project('71'), publishedAt: new Date(Date.now() - 2 * DAY_MS).toISOString() },
      { ...project('72'), publishedAt: new Date(Date.now() - 12 * DAY_MS).toISOString() },
      { ...project('80'), ownerId: 'ada', visibility: 'private' },
    ]
    const { ok } = await stage.send('POST', '/v1/content', { contents }, asAdmin)
    if (!ok) throw new Error('Expected the projects to be registered.')
  })
  afterAll(() => stage?.close())

  const sourcesOf = async (id: string) =>
    (await stage.ask<ContentStats>(`/v1/content/project/${id}/stats?type=view`)).breakdowns.source.items
  const statsOf = (id: string) => stage.ask<ContentStats>(`/v1/content/project/${id}/stats`)

  describe.skipIf(!chromiumPath)('in a browser', () => {
    let site: Site
    beforeAll(async () => {
      const page = html(await recipe.bundle("import './main'", { collector: stage.origin }))
      const projects = Array.from({ length: 12 }, (_, at) => `/projects/${100 + at}`)
      site = await servePages({
        ...Object.fromEntries(
          ['/explore', '/search', '/people/ada', '/projects/80', ...projects].map((path) => [path, page]),
        ),
        '/article': '<!doctype html><iframe src="/projects/109" width="800" height="600"></iframe>',
        '/elsewhere': '<!doctype html><p>Elsewhere',
      })
    })
    afterAll(() => site?.close())

    /** Leaves the page, so that everything of it is sent. */
    async function leave(page: Page) {
      await page.goto(`${site.origin}/elsewhere`)
      await page.waitForTimeout(300)
    }

    test('a click tells the list and the place, and the view that follows tells where it came from', async () => {
      const { page, complaints, close } = await openVisitor(browser, { sendsTo })
      for (let visit = 0; visit < 2; visit++) {
        await page.goto(`${site.origin}/explore?tab=trending`)
        await page.locator('a').nth(5).click()
        await page.locator('main').waitFor()
        await page.waitForTimeout(200)
      }
      await leave(page)
      await expect.poll(async () => (await statsOf('105')).totals.clicks, patience).toBe(2)
      // The second view is within five minutes of the first.
      await expect.poll(async () => (await statsOf('105')).totals.views, patience).toBe(1)
      const { items } = await stage.ask<Positions>('/v1/stats/positions?source=explore_trending')
      expect(items.find(({ position }) => position === 5)).toMatchObject({ impressions: 1, clicks: 2 })
      expect(await sourcesOf('105')).toEqual([{ value: 'explore', count: 1 }])
      expect(complaints).toEqual([])
      await close()
    })

    test.each([
      ['search', '101', '/search'],
      ['profile', '102', '/people/ada'],
      ['direct', '103', undefined],
      ['referral', '104', 'https://news.example/explore'],
    ])('a view counts as %s', async (source, id, from) => {
      const { page, complaints, close } = await openVisitor(browser, { sendsTo })
      const referer = from?.startsWith('/') ? site.origin + from : from
      await page.goto(`${site.origin}/projects/${id}`, referer === undefined ? {} : { referer })
      await page.waitForTimeout(200)
      await leave(page)
      await expect.poll(() => sourcesOf(id), patience).toEqual([{ value: source, count: 1 }])
      expect(complaints).toEqual([])
      await close()
    })

    test('a view inside the page of somebody else counts as embed', async () => {
      const { page, close } = await openVisitor(browser, { sendsTo })
      await page.goto(`${site.origin}/article`)
      await page.frameLocator('iframe').locator('main').waitFor()
      await page.waitForTimeout(300)
      await leave(page)
      await expect.poll(() => sourcesOf('109'), patience).toEqual([{ value: 'embed', count: 1 }])
      await close()
    })

    test('a private project is tracked for its owner only', async () => {
      for (const user of ['bob', 'ada']) {
        const { page, context, complaints, close } = await openVisitor(browser, { sendsTo })
        await context.addInitScript((token) => localStorage.setItem('access_token', token), await tokenOf(user))
        await page.goto(`${site.origin}/projects/80`)
        await page.waitForTimeout(400)
        await leave(page)
        expect(complaints).toEqual([])
        await close()
      }
      await expect.poll(async () => (await statsOf('80')).totals.views, patience).toBe(1)
      expect(await statsOf('80')).toMatchObject({ totals: { impressions: 1 }, viewers: { value: 1 } })
      expect((await stage.ask<Trending>('/v1/trending')).items.map(({ content }) => content.id)).not.toContain('80')
    })
  })

  test('every request is answered as the recipe says, and the numbers follow its formula', async () => {
    let visitors = 0
    /** Events of so many visitors who have an id of their own, some hours ago. */
    async function send(count: number, type: string, id: string, hoursAgo: number) {
      for (let i = 0; i < count; i++) {
        const event = { type, content: project(id), occurredAt: Date.now() - hoursAgo * HOUR_MS }
        const body = { sentAt: Date.now(), anonymousId: `visitor-${visitors++}`, events: [event] }
        expect(await (await stage.send('POST', '/v1/events', body, asAdmin)).json()).toMatchObject({ tracked: 1 })
      }
    }
    await send(2, 'like', '71', 30)
    await send(6, 'like', '71', 1)
    await send(5, 'view', '71', 30)
    await send(10, 'view', '71', 1)
    // What has nothing before grows by its own number.
    await send(2, 'like', '72', 1)

    const { items } = await stage.ask<Trending>('/v1/trending?type=project')
    const scored = (id: string) => items.find(({ content }) => content.id === id)!
    expect(scored('71').velocity).toBeCloseTo((0.7 * (6 - 2)) / 2 + (0.3 * (10 - 5)) / 5, 9)
    expect(scored('71').score).toBeCloseTo(1.7 / (1 + 0.1 * 2), 4)
    expect(scored('72').velocity).toBeCloseTo(0.7 * 2, 9)
    expect(scored('72').score).toBeCloseTo(1.4 / (1 + 0.1 * 12), 4)

    const events = [
      ...atPlace('impression', 0, 120),
      ...atPlace('click', 0, 30),
      ...atPlace('impression', 1, 99),
      ...atPlace('click', 1, 9),
    ]
    expect(await (await stage.send('POST', '/v1/events', { events }, asAdmin)).json()).toMatchObject({ tracked: 258 })

    for (const asked of recipe.asked) await stage.holds(asked, { OWNER_TOKEN: await tokenOf('ada') })
    expect((await statsOf('7')).totals).toMatchObject({ views: 1, clicks: 2 })
  })
})
