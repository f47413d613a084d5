// The published overlay beside the published SDK, in a real Chromium, on a page whose policy allows no inline style.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from './support/chromium'
import { servePages, type Site } from './support/serve-pages'
import { openSink, type Sink } from './support/sink'
import { root } from './support/source-files'

const published = (name: string) => readFileSync(join(root, 'packages/sdk/dist', name), 'utf8')

const page = (endpoint: string) => `<!doctype html><title>Feed</title>
  <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; connect-src ${endpoint}">
  <script type="module" src="/main.js"></script>
  <article id="first"><svg width="400" height="200"></svg></article>
  <svg width="400" height="3000"></svg>
  <article id="second"><svg width="400" height="200"></svg></article>`

const main = (endpoint: string) => `
  import { createTracker } from '/sdk.js'
  import { openDevtools } from '/devtools.js'
  const before = document.documentElement.childElementCount
  const { tracker, destroy } = openDevtools(createTracker, { endpoint: '${endpoint}', flushIntervalMs: 200, autoPage: false })
  ;['first', 'second'].forEach((id, position) =>
    tracker.observe(document.getElementById(id), { content: { type: 'post', id }, source: 'feed', position }))
  window.destroy = () => {
    destroy()
    return document.documentElement.childElementCount - before
  }`

test('the SDK has nothing of the overlay in it', () => {
  expect(published('devtools.js')).toContain('sightline-devtools')
  for (const file of ['index.js', 'index.cjs', 'track.js', 'sightline.iife.js']) {
    expect(published(file)).not.toContain('devtools')
  }
})

describe.skipIf(!chromiumPath)('the overlay', () => {
  let browser: Browser
  let sink: Sink
  let site: Site
  let tab: Page
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
    sink = await openSink()
    site = await servePages({
      '/': page(sink.origin),
      '/main.js': main(sink.origin),
      '/sdk.js': published('index.js'),
      '/devtools.js': published('devtools.js'),
    })
    tab = await browser.newPage({ viewport: { width: 900, height: 700 } })
    tab.on('pageerror', (error) => complaints.push(error.message))
    tab.on('console', (message) => complaints.push(message.text()))
    await tab.goto(site.origin)
  })
  afterAll(async () => {
    await browser?.close()
    await Promise.all([site?.close(), sink?.close()])
  })

  const row = (name: string) => tab.locator('sightline-devtools li', { hasText: name })
  const tabNamed = (name: string) => tab.locator('sightline-devtools nav button', { hasText: name })

  test('is there and has its looks, under a policy that allows no inline style', async () => {
    const section = tab.locator('sightline-devtools section')
    await section.waitFor()
    const box = (await section.boundingBox())!
    expect(box.x + box.width).toBe(900 - 12)
    expect(box.y + box.height).toBe(700 - 12)
    expect(await section.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe('rgb(20, 22, 31)')
    expect(complaints).toEqual([])
  })

  test('says which element was counted, and which has not been on screen', async () => {
    await expect.poll(() => row('post:first').textContent(), { timeout: 10_000 }).toContain('counted: enough of it')
    expect(await row('post:second').textContent()).toContain('not counted: not on screen yet')
  })

  test('says that an element left too early, once it did', async () => {
    // In the page's own time: a busy driver must not let it stay for its second.
    await tab.evaluate(async () => {
      scrollTo(0, document.documentElement.scrollHeight)
      await new Promise((resolve) => void setTimeout(resolve, 300))
      scrollTo(0, 0)
    })
    await expect
      .poll(() => row('post:second').textContent(), { timeout: 10_000 })
      .toMatch(/not counted: it left the screen after \d+ ms, 1,000 ms are asked for/)
  })

  test('follows events until the collector has them', async () => {
    await tabNamed('Events').click()
    await expect
      .poll(() => row('impression post:first feed @0').textContent(), { timeout: 10_000 })
      .toContain('delivered')
    expect(sink.events.map(({ type }) => type)).toContain('impression')
  })

  test('is worked by keyboard, and shows the element that a row is about', async () => {
    await tabNamed('Elements').focus()
    await tab.keyboard.press('Enter')
    const button = row('post:first').locator('button')
    for (let steps = 0; steps < 9; steps++) {
      if (await button.evaluate((element: HTMLElement) => element.matches(':focus'))) break
      await tab.keyboard.press('Tab')
    }
    const shown = (await tab.locator('sightline-devtools .box').boundingBox())!
    const element = (await tab.locator('#first').boundingBox())!
    expect([shown.x, shown.y, shown.width, shown.height]).toEqual([element.x, element.y, element.width, element.height])
    await tab.keyboard.press('Escape')
    await expect.poll(() => tab.locator('sightline-devtools #body').isVisible()).toBe(false)
    await tab.keyboard.press('Enter')
    await expect.poll(() => tab.locator('sightline-devtools #body').isVisible()).toBe(true)
  })

  test('leaves nothing behind', async () => {
    expect(await tab.evaluate('window.destroy()')).toBe(0)
    expect(await tab.locator('sightline-devtools').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})
