// The end-to-end test of docs/testing.md, run as it stands there: a real browser, a real collector in memory.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { APIRequestContext, Page } from 'playwright-core'
import { request as requests } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endAllCollectors, startCollector } from '../packages/collector/test/support/collector-process'
import { chromiumPath, launchChromium } from './support/chromium'
import { servePages } from './support/serve-pages'
import { root } from './support/source-files'

/** As much of Playwright's runner as the sample uses. Its `poll` waits for 5 seconds, as there. */
interface Runner {
  expect: typeof expect
  test: ((name: string, run: Run) => void) & { beforeEach(run: Run): void }
}
type Run = (given: { page: Page; request: APIRequestContext }) => Promise<unknown>

const FEED = `<!doctype html><title>Feed</title>
  <script defer src="/sightline.js" data-endpoint="COLLECTOR" data-flush-interval-ms="300"></script>
  <article data-sightline="post:42" data-sightline-source="feed" data-sightline-position="3" style="height: 300px">
    <a href="#read" data-sightline-click>Read it</a>
  </article>`

let collector: Awaited<ReturnType<typeof startCollector>>
let sample: string

beforeAll(async () => {
  const text = readFileSync(join(root, 'docs/testing.md'), 'utf8')
  sample = /^```ts\n\/\/ feed\.spec\.ts\n([\s\S]*?)^```/m.exec(text)![1]!
  collector = await startCollector({ LOG_LEVEL: 'silent' }, ['--memory'])
})
afterAll(endAllCollectors)

/** The sample as a function of its runner. */
async function readSample(addresses: Record<string, string>): Promise<(runner: Runner) => void> {
  let code = sample
  for (const [written, real] of Object.entries(addresses)) {
    expect(code).toContain(written)
    code = code.replaceAll(written, real)
  }
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    external: ['@playwright/test'],
  })
  // oxlint-disable-next-line no-implied-eval, no-new-func -- the document's own code
  const run = new Function('require', outputFiles[0]!.text) as (require: () => Runner) => void
  return (runner) => run(() => runner)
}

test.skipIf(!chromiumPath)(
  'the sample passes on a page that does as it says, and resets before each test',
  async () => {
    const site = await servePages({
      '/feed': FEED.replace('COLLECTOR', collector.url),
      '/sightline.js': readFileSync(join(root, 'packages/sdk/dist/sightline.iife.js'), 'utf8'),
    })
    await fetch(`${collector.url}/v1/page-views`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ path: '/left-by-the-test-before' }),
    })

    const befores: Run[] = []
    const runs: Run[] = []
    const register = Object.assign((_name: string, run: Run) => void runs.push(run), {
      beforeEach: (run: Run) => void befores.push(run),
    })
    const patient = Object.assign(expect.bind(undefined), expect, {
      poll: (ask: () => unknown, options: object) => expect.poll(ask, { timeout: 5_000, ...options }),
    }) as unknown as typeof expect
    const start = await readSample({ 'http://localhost:8787': collector.url, 'http://localhost:3000': site.origin })
    start({ expect: patient, test: register })
    expect([befores.length, runs.length]).toEqual([1, 1])

    const browser = await launchChromium()
    const request = await requests.newContext()
    const page = await browser.newPage()
    try {
      for (const run of [...befores, ...runs]) await run({ page, request })
      const { events } = (await (await fetch(`${collector.url}/_test/events`)).json()) as { events: { type: string }[] }
      expect(events.map(({ type }) => type)).toEqual(['page_view', 'impression', 'click'])
    } finally {
      await request.dispose()
      await browser.close()
      await site.close()
    }
  },
)
