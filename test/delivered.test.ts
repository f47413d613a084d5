// What only a real browser and the real collector can promise together: however a page ends, every event is stored once.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildCollector, migrate, openDatabase, type Database } from '@sightline/collector'
import { bundleForPage } from './support/bundle'
import { chromiumPath, launchChromium } from './support/chromium'
import { faults, openFaultProxy, type FaultProxy } from './support/fault-proxy.mjs'
import { servePages, type Site } from './support/serve-pages'
import { openTab, type Tab } from './support/tab'

/** Long enough for a loaded machine to start a page, send and store; a wait ends as soon as it has what it waits for. */
const patience = { timeout: 20_000 }

/** Longer than any test: only an exit sends what is less than a batch. */
const NEVER_MS = 600_000

const html = (collector: string) => `<!doctype html><title>Site</title>
<script src="/sdk.js"></script>
<script>
  const tracker = SightlineSdk.createTracker({ endpoint: '${collector}', autoPage: false, flushIntervalMs: ${NEVER_MS} })
  function track(from, to, note = '') {
    for (let index = from; index < to; index++) {
      tracker.track('like', { content: { type: 'post', id: '42' }, source: location.host, metadata: { index, note } })
    }
  }
</script>`

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Until the page is there and its scripts have run. */
const isAt = (tab: Tab, path: string) =>
  expect
    .poll(() => tab.evaluate('location.pathname + document.readyState').catch(() => ''), patience)
    .toBe(`${path}complete`)

describe.skipIf(!chromiumPath)('delivered, from a page of another site', () => {
  let browser: Browser
  let db: Database
  let collector: Awaited<ReturnType<typeof buildCollector>>
  let collectorOrigin: string
  let script: string
  let proxy: FaultProxy
  let site: Site
  const tabs: Tab[] = []

  beforeAll(async () => {
    db = await openDatabase({ memory: true })
    await migrate(db)
    collector = await buildCollector({ db, config: { logLevel: 'silent', networkEventsPerSecond: 0 } })
    collectorOrigin = await collector.listen({ host: '127.0.0.1', port: 0 })
    script = await bundleForPage('packages/sdk/dist/index.js', 'SightlineSdk')
    browser = await launchChromium({ hasBackForwardCache: true })
    // The browser ends with its last tab, and these tests close theirs.
    await openTab(browser, 'about:blank', { newWindow: true })
  })
  afterAll(async () => {
    await browser?.close()
    await collector?.close()
    await db?.close()
  })

  // Each test has an origin of its own, and with it a storage of its own.
  beforeEach(async () => {
    proxy = await openFaultProxy(collectorOrigin)
    site = await servePages({
      '/': html(proxy.origin),
      '/elsewhere': '<!doctype html><title>Elsewhere</title>',
      '/sdk.js': script,
    })
  })
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close().catch(() => {})
    await site.close()
    await proxy.close()
  })

  async function open(path = '/'): Promise<Tab> {
    const tab = await openTab(browser, site.origin + path)
    tabs.push(tab)
    await isAt(tab, path)
    return tab
  }

  async function leave(tab: Tab): Promise<void> {
    tabs.splice(tabs.indexOf(tab), 1)
    await tab.close()
  }

  /** Ends the process of the page as a crash does: none of its handlers runs. */
  async function kill(tab: Tab): Promise<void> {
    tab.send('Page.crash').catch(() => {})
    await leave(tab)
  }

  /** Until the browser has noticed that killed pages are gone: what they held is free then. */
  async function untilGone(): Promise<void> {
    const other = await open('/elsewhere')
    const held = 'navigator.locks.query().then(({ held }) => held.length)'
    await expect.poll(() => other.evaluate(held), patience).toBe(0)
    await leave(other)
  }

  async function hide(): Promise<void> {
    const other = await open('/elsewhere')
    await other.activate()
  }

  /** Numbers of the stored events, as often as they are stored. */
  async function stored(): Promise<number[]> {
    const source = new URL(site.origin).host
    const rows = await db.kysely.selectFrom('events').select('metadata').where('source', '=', source).execute()
    return rows
      .map(({ metadata }) => (typeof metadata === 'string' ? JSON.parse(metadata) : metadata).index as number)
      .toSorted((a, b) => a - b)
  }

  const countStored = async () => new Set(await stored()).size

  /** What is stored when all has arrived and the visitor came once more, which sends again what nobody has confirmed. */
  async function storedInTheEnd(count: number): Promise<number[]> {
    await expect.poll(countStored, patience).toBe(count)
    await comeBack()
    return stored()
  }

  /** The visitor comes once more, and the page sends all that it can. */
  async function comeBack(): Promise<Tab> {
    const tab = await open()
    await tab.evaluate('tracker.flush()')
    return tab
  }

  const exits: Record<string, (tab: Tab) => Promise<unknown>> = {
    navigate: (tab) => tab.evaluate(`void setTimeout(() => { track(5, 10); location.href = '/elsewhere' })`),
    close: (tab) => tab.evaluate('track(5, 10)').then(() => leave(tab)),
    hide: (tab) => tab.evaluate('track(5, 10)').then(hide),
    reload: (tab) => tab.evaluate('void setTimeout(() => { track(5, 10); location.reload() })'),
  }

  test.each(Object.keys(exits))('stores every event once when the page ends by %s', async (exit) => {
    const tab = await open()
    await tab.evaluate('track(0, 5)')
    await exits[exit]!(tab)
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('asks for no preflight, at exit or before', async () => {
    const tab = await open()
    await tab.evaluate('track(0, 5); tracker.flush()')
    await tab.evaluate('track(5, 10)')
    await leave(tab)
    await expect.poll(countStored, patience).toBe(10)
    expect(proxy.exchanges.map(({ method }) => method)).not.toContain('OPTIONS')
  })

  test('stores 200 events of 70 KB once that a page tracks as it closes', async () => {
    const tab = await open()
    await tab.evaluate(`track(0, 200, 'n'.repeat(350))`)
    await leave(tab)
    await comeBack()
    expect(await storedInTheEnd(200)).toEqual(numbers(200))
  })

  test('stores once what was committed while its answer was lost', async () => {
    proxy.begin(faults.replyCut())
    const tab = await open()
    await tab.evaluate('track(0, 10)')
    await leave(tab)
    await expect.poll(countStored, patience).toBe(10)
    proxy.end()
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('stores with the next visit what a black hole has swallowed at exit', async () => {
    proxy.begin(faults.blackHole())
    const tab = await open()
    await tab.evaluate('track(0, 10)')
    await leave(tab)
    await expect.poll(() => proxy.exchanges.length, patience).toBeGreaterThan(0)
    proxy.end()
    await comeBack()
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('stores with the next visit what could not leave while the collector was down', async () => {
    const tab = await open()
    await proxy.goDown()
    await tab.evaluate('track(0, 10)')
    await leave(tab)
    await proxy.comeUp()
    await comeBack()
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('delivers by a third tab what two killed tabs have left, each event once', async () => {
    proxy.begin(faults.blackHole())
    const first = await open()
    await first.evaluate('track(0, 5)')
    const second = await open()
    await second.evaluate('track(5, 7)')
    await kill(second)
    await kill(first)
    await untilGone()
    proxy.end()
    await comeBack()
    expect(await storedInTheEnd(7)).toEqual(numbers(7))
  })

  test('delivers with the next visit what was tracked in the moment before a crash', async () => {
    const tab = await open()
    await tab.evaluate('track(0, 10)')
    await kill(tab)
    await untilGone()
    await comeBack()
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('delivers what waits when the renderer crashes, without another visit, where fetchLater exists', async () => {
    const tab = await open()
    expect(await tab.evaluate('typeof fetchLater')).toBe('function')
    await tab.evaluate('track(0, 10); new Promise((resolve) => setTimeout(resolve, 1_500))')
    await kill(tab)
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('loses nothing to a gateway whose errors the page may not read', async () => {
    proxy.begin(faults.status(500, { times: 2, cors: false }))
    const tab = await open()
    await tab.evaluate('track(0, 10); tracker.flush()')
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('sends nothing before the time that Retry-After names, and everything after it', async () => {
    proxy.begin(faults.tooMany(2))
    const tab = await open()
    await tab.evaluate('track(0, 10); tracker.flush()')
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
    const [refused, repeated] = proxy.exchanges
    expect(refused!.status).toBe(429)
    expect(repeated!.status).toBe(200)
    expect(repeated!.at - refused!.at).toBeGreaterThanOrEqual(2_000)
  })

  test('leaves room for the exit after 100 answers of 10 KiB that no cache may keep', async () => {
    proxy.begin(faults.longAnswers(10_240))
    const tab = await open()
    await tab.evaluate(`(async () => {
      for (let index = 0; index < 100; index++) {
        track(index, index + 1)
        await tracker.flush()
      }
    })()`)
    expect(proxy.exchanges).toHaveLength(100)
    await tab.evaluate('track(100, 110)')
    await leave(tab)
    expect(await storedInTheEnd(110)).toEqual(numbers(110))
  })

  test('does not keep the page out of the back/forward cache', async () => {
    const tab = await open()
    await tab.evaluate(`
      globalThis.restored = new Promise((resolve) => addEventListener('pageshow', ({ persisted }) => resolve(persisted)))
      track(0, 10)
    `)
    await tab.goto(`${site.origin}/elsewhere`)
    await tab.evaluate('void history.back()')
    await isAt(tab, '/')
    expect(await tab.evaluate('globalThis.restored')).toBe(true)
    expect(await tab.evaluate(`performance.getEntriesByType('navigation')[0].notRestoredReasons`)).toBeNull()
    await tab.evaluate('tracker.flush()')
    expect(await storedInTheEnd(10)).toEqual(numbers(10))
  })

  test('every answer of the collector can be read by the page, refusals too', async () => {
    const tab = await open('/elsewhere')
    const statusOf = (init: string) =>
      tab.evaluate<number>(
        `fetch('${proxy.origin}/v1/events', { method: 'POST', ${init} }).then((answer) => answer.status)`,
      )
    const event = `{ events: [{ type: 'like', content: { type: 'post', id: '42' } }] }`
    expect(await statusOf(`body: JSON.stringify(${event})`)).toBe(200)
    expect(await statusOf(`body: '{'`)).toBe(400)
    expect(await statusOf(`body: JSON.stringify(${event}), headers: { authorization: 'Bearer nobody' }`)).toBe(401)
    expect(await statusOf(`body: 'x'.repeat(300_000)`)).toBe(413)
    expect(await statusOf(`body: '<a/>', headers: { 'content-type': 'application/xml' }`)).toBe(415)
  })

  test('the page can read how long a collector without its database asks it to wait', async () => {
    const database = await openDatabase({ databaseUrl: 'postgres://nobody@127.0.0.1:1/none' })
    const unready = await buildCollector({ db: database, config: { logLevel: 'silent' } })
    try {
      const origin = await unready.listen({ host: '127.0.0.1', port: 0 })
      const tab = await open('/elsewhere')
      const answer = await tab.evaluate<{ status: number; retryAfter: string | null }>(`
        fetch('${origin}/v1/events', { method: 'POST', body: '{ "events": [{ "type": "like" }] }' })
          .then(({ status, headers }) => ({ status, retryAfter: headers.get('Retry-After') }))
      `)
      expect(answer.status).toBe(503)
      expect(Number(answer.retryAfter)).toBeGreaterThan(0)
    } finally {
      await unready.close()
      await database.close()
    }
  })
})
