// What only a browser decides about "seen": late timers, stalls, hidden tabs, recycled elements, the back/forward cache.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { WireEvent } from '../packages/sdk/src/wire'
import { bundleForPage } from './support/bundle'
import { chromiumPath, launchChromium } from './support/chromium'
import { servePages, type Site } from './support/serve-pages'
import { openSink, type Sink } from './support/sink'
import { openTab } from './support/tab'

/** Real tabs on a loaded machine answer within a few frames; this is far more than that and far less than a dwell. */
const FRAME_SLACK_MS = 400

const html = (collector: string) => `<!doctype html>
<style>body { margin: 0; height: 6000px } article { position: absolute; left: 0; width: 400px; height: 200px; background: #ccc }</style>
<script src="/sdk.js"></script>
<script>
  const tracker = SightlineSdk.createTracker({ endpoint: '${collector}', flushIntervalMs: 0, autoPage: false, dedupe: 'page' })
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const block = (ms) => { const end = performance.now() + ms; while (performance.now() < end); }
  const log = []
  const subject = (id) => ({ content: { type: 'post', id } })
  function add(top) {
    const element = document.createElement('article')
    element.style.top = top + 'px'
    document.body.append(element)
    return element
  }
  Object.assign(globalThis, { tracker, wait, block, log, subject })
</script>`

describe.skipIf(!chromiumPath)('seen, in a real browser', () => {
  let browser: Browser
  let site: Site
  let sink: Sink
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    sink = await openSink()
    site = await servePages({
      '/': html(sink.origin),
      '/elsewhere': '<!doctype html><p>Elsewhere',
      '/sdk.js': await bundleForPage('packages/sdk/src/index.ts', 'SightlineSdk'),
    })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
    await sink?.close()
  })
  beforeEach(async () => {
    sink.events.length = 0
    context = await browser.newContext({ viewport: { width: 1_000, height: 800 } })
    page = await context.newPage()
    await page.goto(site.origin)
  })
  afterEach(() => context.close())

  const of = (type: string, id?: string): WireEvent[] =>
    sink.events.filter((event) => event.type === type && (id === undefined || event.content?.id === id))

  test('a card on screen for its second is one impression, not before and not twice', async () => {
    const start = await page.evaluate(async () => {
      const script = globalThis as unknown as PageScript
      script.tracker.observe(script.add(100), script.subject('a'))
      const now = Date.now()
      await script.wait(2_500)
      return now
    })
    await expect.poll(() => of('impression', 'a').length).toBe(1)
    const dwellMs = of('impression', 'a')[0]!.occurredAt! - start
    expect(dwellMs).toBeGreaterThanOrEqual(1_000)
    expect(dwellMs).toBeLessThan(1_000 + FRAME_SLACK_MS)
  })

  test('a card that leaves while the main thread stalls across its deadline is never an impression', async () => {
    const rounds = 20
    await page.evaluate(async (rounds) => {
      const script = globalThis as unknown as PageScript
      for (let round = 0; round < rounds; round++) {
        const element = script.add(100)
        const stop = script.tracker.observe(element, script.subject(`stalled-${round}`))
        await script.wait(850)
        window.scrollTo(0, 3_000)
        script.block(350)
        await script.wait(150)
        stop()
        element.remove()
        window.scrollTo(0, 0)
        await script.wait(50)
      }
    }, rounds)
    await page.evaluate(() => (globalThis as unknown as PageScript).tracker.flush())
    expect(of('impression')).toEqual([])
  })

  test('a tab hidden in between starts the second again on return, without a scroll', async () => {
    const tab = await openTab(browser, 'about:blank')
    const other = await openTab(browser, 'about:blank')
    await tab.activate()
    await tab.goto(site.origin)
    await tab.evaluate(`
      document.addEventListener('visibilitychange', () => log.push([document.visibilityState, Date.now()]))
      tracker.observe(add(100), subject('hidden'))
      wait(150)
    `)
    await other.activate()
    await page.waitForTimeout(500)
    await tab.activate()
    const log = await tab.evaluate<[string, number][]>('wait(2_000).then(() => log)')
    await tab.close()
    await other.close()

    expect(log.map(([state]) => state)).toEqual(['hidden', 'visible'])
    expect(of('impression', 'hidden')).toHaveLength(1)
    const sinceReturnMs = of('impression', 'hidden')[0]!.occurredAt! - log[1]![1]
    expect(sinceReturnMs).toBeGreaterThanOrEqual(1_000)
    expect(sinceReturnMs).toBeLessThan(1_000 + FRAME_SLACK_MS)
  })

  test('an element that is given another content counts the first never and the second after its own second', async () => {
    const rekeyedAt = await page.evaluate(async () => {
      const script = globalThis as unknown as PageScript
      const element = script.add(100)
      const stop = script.tracker.observe(element, script.subject('first'))
      await script.wait(900)
      stop()
      script.tracker.observe(element, script.subject('second'))
      const now = Date.now()
      await script.wait(2_000)
      return now
    })
    await expect.poll(() => of('impression', 'second').length).toBe(1)
    expect(of('impression', 'first')).toEqual([])
    expect(of('impression', 'second')[0]!.occurredAt! - rekeyedAt).toBeGreaterThanOrEqual(1_000)
  })

  test('200 cards jumped over in one scroll are not seen', async () => {
    await page.evaluate(async () => {
      const script = globalThis as unknown as PageScript
      for (let index = 0; index < 200; index++)
        script.tracker.observe(script.add(1_000 + index * 20), script.subject(`${index}`))
      await script.wait(200)
      for (let frame = 0; frame < 30; frame++) {
        window.scrollTo(0, (frame % 3) * 2_500)
        await new Promise(requestAnimationFrame)
      }
      window.scrollTo(0, 0)
      await script.wait(1_500)
      await script.tracker.flush()
    })
    expect(of('impression')).toEqual([])
  })

  test('a page that goes into the back/forward cache ends its view and counts no time away', async () => {
    await page.evaluate(async () => {
      const script = globalThis as unknown as PageScript
      script.tracker.observe(script.add(100), script.subject('cached'))
      await script.wait(1_500)
    })
    await page.goto(`${site.origin}/elsewhere`)
    await page.waitForTimeout(1_500)
    await page.goBack()
    await page.waitForTimeout(500)
    await page.goto(`${site.origin}/elsewhere`)
    await expect.poll(() => of('view', 'cached').length).toBeGreaterThanOrEqual(1)
    await page.waitForTimeout(500)
    const views = of('view', 'cached')
    const totalMs = views.reduce((sum, view) => sum + view.durationMs!, 0)
    expect(totalMs).toBeGreaterThan(1_300)
    expect(totalMs).toBeLessThan(1_500 + 500 + 2 * FRAME_SLACK_MS)
    expect(of('impression', 'cached').length).toBe(1)
  })
})

/** What the page above defines. */
interface PageScript {
  tracker: {
    observe(element: Element, subject: unknown): () => void
    flush(): Promise<unknown>
  }
  add(top: number): HTMLElement
  subject(id: string): unknown
  wait(ms: number): Promise<void>
  block(ms: number): void
}
