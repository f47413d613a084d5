// A page that names the hash of the script runs that script and no other, in a real Chromium, from a collector of another origin.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerAssets } from '../packages/collector/src/assets'
import { createServer } from '../packages/collector/src/http-server'
import { chromiumPath, launchChromium } from './support/chromium'
import { servePages, type Site } from './support/serve-pages'
import { openSink, type Sink } from './support/sink'
import { root } from './support/source-files'

const pageWith = (
  script: string,
  endpoint: string,
  integrity: string,
) => `<!doctype html><title>Feed</title><link rel="icon" href="data:,">
  <script>
    window.sightline = { q: [] }
    window.sightline.q.push(['track', 'signup'])
  </script>
  <script defer src="${script}" data-endpoint="${endpoint}" data-flush-interval-ms="0"
    integrity="${integrity}" crossorigin="anonymous"></script>
  <button onclick="this.textContent = 'clicked'">Buy</button>`

const strictPage = (script: string, endpoint: string) => `<!doctype html><title>Strict</title>
  <meta http-equiv="Content-Security-Policy"
    content="default-src 'none'; script-src ${new URL(script).origin}; connect-src ${endpoint}; img-src data:">
  <link rel="icon" href="data:,">
  <script defer src="${script}" data-endpoint="${endpoint}" data-flush-interval-ms="0"></script>
  <article data-sightline="post:7"><svg width="400" height="200"></svg></article>
  <button data-sightline-click="post:7">Buy</button>`

describe.skipIf(!chromiumPath)('the published script, named with its hash,', () => {
  let folder: string
  let printed: string
  let collector: Awaited<ReturnType<typeof createServer>>
  let script: string
  let browser: Browser
  let sink: Sink
  let site: Site

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-integrity-'))
    // Into a folder of its own: other tests read the usual one at this moment.
    const said = execFileSync(join(root, 'node_modules/.bin/tsup'), ['--no-dts', '--out-dir', folder], {
      cwd: join(root, 'packages/sdk'),
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    })
    printed = /^sightline\.iife\.js (sha384-\S+)$/m.exec(said)?.[1] ?? `no hash in ${said}`
    copyFileSync(join(folder, 'sightline.iife.js'), join(folder, 'sightline.js'))
    collector = await createServer({ logLevel: 'silent', trustProxy: [], allowedOrigins: [], openMethods: () => [] })
    registerAssets(collector, 'stats.js', folder)
    script = `${await collector.listen({ host: '127.0.0.1', port: 0 })}/stats.js`
    browser = await launchChromium()
    sink = await openSink()
    const wrong = printed.replace(/^sha384-../, (start) => (start === 'sha384-AA' ? 'sha384-BB' : 'sha384-AA'))
    site = await servePages({
      '/right': pageWith(script, sink.origin, printed),
      '/wrong': pageWith(script, sink.origin, wrong),
      '/strict': strictPage(script, sink.origin),
    })
  })
  afterAll(async () => {
    await browser?.close()
    await Promise.all([site?.close(), sink?.close(), collector?.close()])
    rmSync(folder, { recursive: true, force: true })
  })

  async function visit(path: string) {
    const page = await browser.newPage()
    const said: string[] = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(`threw ${error.message}`))
    await page.goto(`${site.origin}${path}`, { waitUntil: 'load' })
    await page.click('button')
    return { page, said, button: await page.textContent('button') }
  }

  test('runs when it is the one that the build prints', async () => {
    const { page, said } = await visit('/right')
    await expect.poll(() => sink.events.map(({ type }) => type), { timeout: 10_000 }).toContain('signup')
    expect(said).toEqual([])
    await page.close()
    await expect.poll(() => sink.events.map(({ type }) => type)).toEqual(['signup', 'page_view'])
  })

  test('stays out when it is another one, and the page lives', async () => {
    const before = sink.events.length
    const { page, said, button } = await visit('/wrong')
    expect(button).toBe('clicked')
    expect(said).toEqual([expect.stringContaining('integrity')])
    expect(await page.evaluate('Object.keys(window.sightline)')).toEqual(['q'])
    await page.close()
    expect(sink.events).toHaveLength(before)
  })

  test('may be read by every site, also when the browser has kept it', async () => {
    const first = await fetch(script, { headers: { origin: site.origin } })
    const again = await fetch(script, {
      headers: { origin: site.origin, 'if-none-match': first.headers.get('etag')! },
    })
    expect([first.status, again.status]).toEqual([200, 304])
    expect([first, again].map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual(['*', '*'])
    expect(await first.text()).toBe(readFileSync(join(folder, 'sightline.iife.js'), 'utf8'))
  })

  test('needs nothing of a strict policy but the origin of the collector', async () => {
    const before = sink.events.length
    const { page, said } = await visit('/strict')
    const names = () => sink.events.slice(before).map(({ type }) => type)
    await expect.poll(names, { timeout: 10_000 }).toEqual(expect.arrayContaining(['page_view', 'click', 'impression']))
    expect(said).toEqual([])
    await page.close()
  })
})
