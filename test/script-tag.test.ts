// The published script as a page loads it: one tag, a queue in front of it, attributes, in a real Chromium.
import type { Browser } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from './support/chromium'
import { servePages } from './support/serve-pages'
import { openSink, type Sink } from './support/sink'
import { root } from './support/source-files'

const page = (endpoint: string) => `<!doctype html><title>Feed</title>
  <script>
    window.sightline = { q: [] }
    window.sightline.q.push(['track', 'early', { metadata: { plan: 'team' } }])
  </script>
  <script defer src="/sightline.js" data-endpoint="${endpoint}" data-debug></script>
  <article data-sightline="post:42" data-sightline-source="feed" data-sightline-position="3" style="height: 200px">
    <button data-sightline-click>open</button>
  </article>`

let browser: Browser
let sink: Sink

beforeAll(async () => {
  browser = await launchChromium()
  sink = await openSink()
})
afterAll(async () => {
  await browser?.close()
  await sink?.close()
})

test('the published script keeps early calls, observes attributes, and answers at window.sightline', async () => {
  const site = await servePages({
    '/feed': page(sink.origin),
    '/sightline.js': readFileSync(join(root, 'packages/sdk/dist/sightline.iife.js'), 'utf8'),
  })
  const tab = await browser.newPage()
  const said: string[] = []
  tab.on('console', (message) => said.push(message.text()))
  await tab.goto(`${site.origin}/feed`)
  await tab.waitForTimeout(1_500)
  await tab.click('button')
  await tab.evaluate(() => {
    const { sightline } = window as unknown as {
      sightline: { track(type: string): void; q: { push(call: string[]): void } }
    }
    sightline.track('late')
    sightline.q.push(['track', 'queued'])
    location.assign('about:blank')
  })
  await expect.poll(() => sink.events.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(7)
  const events = sink.events.toSorted((one, other) => one.seq! - other.seq!)
  expect(events.map(({ type }) => type)).toEqual([
    'early',
    'page_view',
    'impression',
    'click',
    'late',
    'queued',
    'view',
  ])
  expect(events[1]).toMatchObject({ content: { type: 'page', id: '/feed' }, metadata: { title: 'Feed' } })
  expect(events[0]).toMatchObject({ metadata: { plan: 'team' } })
  expect(events[2]).toMatchObject({ content: { type: 'post', id: '42' }, source: 'feed', position: 3, rule: 'area' })
  expect(said.find((sentence) => sentence.includes('post:42 counted'))).toContain('isPageOpen: true')
  await site.close()
})
