// The same visit to the same feed, built three times: without a framework, in React and in Vue. The collector hears the
// same of each.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireEvent } from '../packages/sdk/src/wire'
import { chromiumPath, launchChromium } from './support/chromium'
import { servePages } from './support/serve-pages'
import { openSink } from './support/sink'
import { root } from './support/source-files'

/** Where the examples send, which is somewhere else in this test. */
const COLLECTOR = 'http://localhost:8787'
const STAY_MS = 1_400
const PASS_MS = 200
/** Longest view that is left out of account, in milliseconds. */
const GLIMPSE_MS = 100
/** So long nothing more has come: everything that left with the page is there, in milliseconds. */
const QUIET_MS = 1_500

/** Builds an example from the sources of the packages, as its users develop: React's StrictMode mounts everything twice. */
async function bundleExample(name: string, entry: string): Promise<string> {
  const result = await build({
    absWorkingDir: join(root, 'examples', name),
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2020',
    ...(name === 'vue-feed' && { alias: { vue: 'vue/dist/vue.esm-bundler.js' } }),
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    },
  })
  return result.outputFiles[0]!.text
}

async function openExample(name: string, entry: string) {
  const sink = await openSink()
  const script = await bundleExample(name, entry)
  const style = `<style>${readFileSync(join(root, 'examples/server/public/feed.css'), 'utf8')}</style>`
  const html = readFileSync(join(root, 'examples', name, 'index.html'), 'utf8').replace('/main.tsx', '/dist/main.js')
  const page = html.replace('<link rel="stylesheet" href="/feed.css" />', style)
  expect([page.includes(style), script.includes(COLLECTOR)]).toEqual([true, true])
  const site = await servePages({
    '/': page,
    '/dist/main.js': script.replace(COLLECTOR, sink.origin),
    '/elsewhere': '<!doctype html><p>Another site',
  })
  return { sink, site, close: () => Promise.all([site.close(), sink.close()]) }
}

/** What the visitor does. Posts are named by their number in the feed, from 1 up. */
async function visit(page: Page, origin: string): Promise<void> {
  const post = (id: number) => page.locator('article').nth(id - 1)
  const scrollTo = async (id: number, stayMs: number) => {
    await post(id).evaluate((element) => element.scrollIntoView({ block: 'start', behavior: 'instant' }))
    await page.waitForTimeout(stayMs)
  }

  await page.goto(origin)
  await post(1).waitFor()
  await page.waitForTimeout(STAY_MS)

  // A reel and what is below it; one of them is liked, another shared.
  await scrollTo(5, STAY_MS)
  await post(6).locator('[name=like]').click()
  await post(7).locator('[name=share]').click()

  // Past posts that nobody looks at, in the page's own time: a busy driver must not make them stay.
  await scrollTo(9, 0)
  await post(13).waitFor()
  await page.evaluate(async (passMs) => {
    document.querySelectorAll('article')[12]!.scrollIntoView({ block: 'start', behavior: 'instant' })
    await new Promise((resolve) => void setTimeout(resolve, passMs))
    document.querySelectorAll('article')[8]!.scrollIntoView({ block: 'start', behavior: 'instant' })
  }, PASS_MS)
  await page.waitForTimeout(STAY_MS)
  await post(9).locator('a').click()
  await page.locator('.detail').waitFor()
  await page.waitForTimeout(STAY_MS)
  await page.locator('.detail [name=like]').click()
  await page.goBack()
  await post(1).waitFor()
  await page.waitForTimeout(STAY_MS)

  // Where the feed has grown, and then away.
  await post(11).waitFor()
  await scrollTo(17, STAY_MS)
  await page.goto(`${origin}/elsewhere`)
}

/** All that is the same on every visit: not how long something was, nor whether a frame or a route ended it first. */
const nameOf = ({ type, content, source, position, viewType, metadata, completed }: WireEvent) =>
  [
    type,
    `${content?.type}:${content?.id}`,
    source,
    position === undefined ? undefined : `@${position}`,
    viewType,
    metadata?.method,
    completed === undefined ? undefined : `completed ${completed}`,
  ]
    .filter((part) => part !== undefined)
    .join(' ')

/** A frame more or less before the route has settled is a view of its own, or none. */
const isNoGlimpse = ({ type, durationMs = 0 }: WireEvent) => type !== 'view' || durationMs > GLIMPSE_MS

async function recordVisit(browser: Browser, name: string, entry: string): Promise<WireEvent[]> {
  const example = await openExample(name, entry)
  const page = await browser.newPage({ viewport: { width: 1_000, height: 800 } })
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.setDefaultTimeout(10_000)
  // An error of the page says more than what the visitor could not find on it.
  const failure: unknown = await visit(page, example.site.origin).catch((error: unknown) => error)
  expect(errors).toEqual([])
  if (failure !== undefined) throw failure

  let heard = -1
  while (heard < example.sink.events.length) {
    heard = example.sink.events.length
    await page.waitForTimeout(QUIET_MS)
  }
  await page.close()
  await example.close()
  return example.sink.events
}

describe.skipIf(!chromiumPath)('one visit', () => {
  const visits: Record<string, WireEvent[]> = {}
  let browser: Browser

  beforeAll(async () => {
    browser = await launchChromium()
    for (const [name, entry] of [
      ['vanilla', 'main.ts'],
      ['react-feed', 'main.tsx'],
      ['vue-feed', 'main.ts'],
    ] as const) {
      visits[name] = await recordVisit(browser, name, entry)
    }
  })
  afterAll(async () => {
    await browser?.close()
  })

  // oxlint-disable-next-line unicorn/no-array-sort -- a fresh array
  const namesOf = (name: string) => (visits[name] ?? []).filter(isNoGlimpse).map(nameOf).sort()

  test('to the plain page is told as it happened', () => {
    const names = namesOf('vanilla')
    expect(names).toEqual(
      expect.arrayContaining([
        'page_view page:/',
        'page_view page:/posts/9',
        'impression post:1 feed @0',
        'impression reel:5 feed @4',
        'like post:6 feed @5',
        'share post:7 feed @6 button',
        'click post:9 feed @8',
        'impression post:17 feed @16',
        'like post:9 detail',
      ]),
    )
    expect(names.filter((name) => name.startsWith('watch reel:5 feed @4'))).toHaveLength(1)
    expect(names.filter((name) => name === 'view post:9 detail intentional')).toHaveLength(1)
    expect(names.filter((name) => /^impression (post|reel):(13|14|15|16)\b/.test(name))).toEqual([])
  })

  test('makes one impression of each content, although the feed is shown twice', () => {
    const impressions = (visits.vanilla ?? []).filter(({ type }) => type === 'impression').map(nameOf)
    expect(impressions.length).toBeGreaterThan(8)
    expect(new Set(impressions).size).toBe(impressions.length)
  })

  test.each(['react-feed', 'vue-feed'])('to the %s is told in the same events, each as often', (name) => {
    expect(namesOf(name)).toEqual(namesOf('vanilla'))
  })
})
