// One visit to a site of its own, in a window of its own: what the visitor does, and what a collector hears of it.
import type { Browser } from 'playwright-core'
import { afterAll, expect } from 'vitest'
import type { TrackerOptions, WireEvent } from '../../packages/sdk/src/index'
import { bundleForPage } from './bundle'
import { launchChromium } from './chromium'
import { servePages } from './serve-pages'
import { openSink } from './sink'
import { openTab, type Tab } from './tab'
import { openUndriven } from './undriven'

/** How late something may be on a machine that is busy with other things, in milliseconds. Never how early. */
export const LATE_MS = 3_000

/** An event as it arrived, with the moment it was made at: milliseconds since 1970 on a clock that no one sets. */
export type HeardEvent = WireEvent & { atMs: number }

export const wait = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))

/** Waits for something that the browser or the network does in its own time. `expect.poll` cannot run side by side. */
export async function until(expected: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`Expected ${expected} within 10 seconds, and that did not come.`)
    await wait(5)
  }
}

/** One window: visible until it is minimised, as a person's is. */
export interface OpenWindow extends Tab {
  /** Runs a function of the page; arguments and result travel as JSON. */
  run<Args extends unknown[], Result>(act: (...args: Args) => Result | Promise<Result>, ...args: Args): Promise<Result>
  /** A gesture of the visitor, without which a browser plays no sound and opens no picture-in-picture. */
  touch(): Promise<void>
  hide(): Promise<void>
  show(): Promise<void>
  /** Goes one step back in the history and waits until that page is there. */
  back(): Promise<void>
}

export interface Visit extends OpenWindow, AsyncDisposable {
  /** Origin of the site. */
  origin: string
  /** The address of the same paths on another origin. */
  otherOrigin: string
  /** Another window of the same browser on the same site. */
  openWindow(path: string): Promise<OpenWindow>
  /** The same site in a browser that nobody drives. */
  openUndriven(path: string): Promise<void>
  /** What the collector heard, in the order of recording; all of a type, or of one content. */
  heard(type: string, id?: string): HeardEvent[]
  /** Sends what waits and hears it. */
  flush(): Promise<void>
}

export interface SiteOptions {
  /** Options of the tracker. */
  tracker?: Omit<Partial<TrackerOptions>, 'beforeSend' | 'onDrop'> & Record<string, unknown>
  /** Markup of the first page, after the tracker was started. */
  body?: string
  /** Script that runs before anything else. */
  before?: string
  /** Further pages by path; each can start a tracker of its own with `scene.start(trackerOptions)`. */
  pages?: Record<string, string>
}

const head = (options: string, before = '') => `<!doctype html><meta charset="utf-8">
<style>body { margin: 0; height: 9000px }</style>
<script>${before}</script><script src="/scene.js"></script><script src="/sdk.js"></script>
<script>globalThis.trackerOptions = ${options}</script><body>`

async function openSite({ tracker = {}, body = '', before, pages = {} }: SiteOptions) {
  const sink = await openSink()
  const options = { endpoint: sink.origin, flushIntervalMs: 0, autoPage: false, dedupe: 'page', ...tracker }
  const opening = head(JSON.stringify(options), before)
  const served: Record<string, string> = {
    '/': `${opening}<script>scene.start(trackerOptions)</script>${body}`,
    '/elsewhere': '<!doctype html><p>Elsewhere',
    '/sdk.js': await bundleForPage('packages/sdk/dist/index.js', 'SightlineSdk'),
    '/scene.js': await bundleForPage('test/support/scene.ts', 'scene'),
  }
  for (const [path, page] of Object.entries(pages)) served[path] = path.endsWith('.js') ? page : opening + page
  // The same pages twice: two origins that are no friends.
  const [site, other] = await Promise.all([servePages(served), servePages(served)])
  return { sink, site, other, close: () => Promise.all([site.close(), other.close(), sink.close()]) }
}

async function openWindow(browser: Browser, url: string): Promise<OpenWindow> {
  const tab = await openTab(browser, 'about:blank', { newWindow: true })
  const { windowId } = await tab.send<{ windowId: number }>('Browser.getWindowForTarget')
  const setState = (windowState: string) => tab.send('Browser.setWindowBounds', { windowId, bounds: { windowState } })
  const visibility = () => tab.evaluate<string>('document.visibilityState')
  await tab.send('Emulation.setDeviceMetricsOverride', {
    width: 1_000,
    height: 800,
    deviceScaleFactor: 1,
    mobile: false,
  })
  await tab.goto(url)

  return {
    ...tab,
    run: (act, ...args) => tab.evaluate(`(${act})(...${JSON.stringify(args)})`),
    touch: async () => void (await tab.send('Runtime.evaluate', { expression: '0', userGesture: true })),
    async hide() {
      await setState('minimized')
      await until('the window to be hidden', async () => (await visibility()) === 'hidden')
    },
    async show() {
      await setState('normal')
      await until('the window to be visible', async () => (await visibility()) === 'visible')
    },
    async back() {
      const { currentIndex, entries } = await tab.send<{
        currentIndex: number
        entries: { id: number; url: string }[]
      }>('Page.getNavigationHistory')
      const target = entries[currentIndex - 1]!
      const here = () => tab.evaluate('location.href').catch(() => '')
      await tab.send('Page.navigateToHistoryEntry', { entryId: target.id })
      await until(`to be back at ${target.url}`, async () => (await here()) === target.url)
    },
  }
}

async function openVisit(browser: Browser, options: SiteOptions = {}): Promise<Visit> {
  const site = await openSite(options)
  const first = await openWindow(browser, `${site.site.origin}/`)
  const windows: { close(): Promise<void> }[] = [first]
  return {
    ...first,
    origin: site.site.origin,
    otherOrigin: site.other.origin,
    async openWindow(path) {
      const window = await openWindow(browser, site.site.origin + path)
      windows.push(window)
      return window
    },
    openUndriven: async (path) => void windows.push(await openUndriven(site.site.origin + path)),
    heard: (type, id) =>
      site.sink.events
        .filter((event) => event.type === type && (id === undefined || event.content?.id === id))
        .map((event) => ({ ...event, atMs: Number(event.metadata?.atMs) }))
        .toSorted((one, other) => one.atMs - other.atMs || one.seq! - other.seq!),
    flush: () => first.run(async () => void (await scene.tracker.flush())),
    async [Symbol.asyncDispose]() {
      for (const window of windows) await window.close().catch(() => {})
      await site.close()
    },
  }
}

/**
 * One browser for a file; each visit is a window and a site of its own, so that tests can run beside each other. It ends
 * with the block that declares it: `await using page = await visit()`.
 */
export function visitor() {
  let browser: Promise<Browser> | undefined
  afterAll(async () => (await browser)?.close())
  return async (options?: SiteOptions): Promise<Visit> => {
    browser ??= launchChromium({ hasBackForwardCache: true })
    return openVisit(await browser, options)
  }
}

/** Ids of contents that do the same thing at slightly different moments, as often as a promise about time is repeated. */
export const twenty = Array.from({ length: 20 }, (_, index) => `${index}`)

/** Waits until the collector has heard so many events of a type. */
export async function untilHeard(visit: Visit, count: number, type: string): Promise<void> {
  const heard = () => visit.heard(type).length
  await until(`${count} events "${type}"`, () => heard() >= count).catch((error: Error) => {
    throw new Error(`${error.message} ${heard()} came.`)
  })
}

/** Ids of the contents that were counted, sorted; one that was counted twice stands there twice. */
export const countedIds = (visit: Visit): string[] => idsOf(visit.heard('impression'))

export const idsOf = (events: HeardEvent[]): string[] => events.map(({ content }) => content!.id).toSorted()

/** How long after `sinceMs` a content was counted, in milliseconds; it was counted once. */
export function countedAfterMs(visit: Visit, id: string, sinceMs: number): number {
  const impressions = visit.heard('impression', id)
  expect(impressions, `impressions of ${id}`).toHaveLength(1)
  return impressions[0]!.atMs - sinceMs
}

/** A content was counted once: not before `ms` after `sinceMs`, and not long after. */
export function expectCountedAfter(visit: Visit, id: string, sinceMs: number, ms: number): void {
  const afterMs = countedAfterMs(visit, id, sinceMs)
  expect(afterMs, `milliseconds until ${id} is counted`).toBeGreaterThanOrEqual(ms)
  expect(afterMs, `milliseconds until ${id} is counted`).toBeLessThan(ms + LATE_MS)
}

/** Frames that a browser may take to notice that something came or went, in milliseconds; many, on a busy machine. */
const NOTICE_MS = 400

/** The views together are as long as something was on screen: never longer, and what they lack was a stall. */
export function expectDuration(views: HeardEvent[], onScreenMs: number): void {
  const sumOf = (name: 'durationMs' | 'stallMs') => views.reduce((sum, view) => sum + (view[name] ?? 0), 0)
  expect(views.length, 'views').toBeGreaterThan(0)
  // Each duration is rounded to a millisecond.
  expect(sumOf('durationMs'), 'milliseconds on screen').toBeLessThanOrEqual(Math.ceil(onScreenMs) + views.length)
  expect(sumOf('durationMs') + sumOf('stallMs'), 'milliseconds on screen').toBeGreaterThan(onScreenMs - NOTICE_MS)
}

/** A player is looked at four times a second, and tells its own time in between. Milliseconds. */
const PLAYER_CLOCK_MS = 250

/** The watches together are as long as something played on screen; a busy machine is slow to start playing. */
export function expectWatched(watches: HeardEvent[], playedMs: number): void {
  const watchedMs = watches.reduce((sum, { durationMs = NaN }) => sum + durationMs, 0)
  expect(watchedMs, 'milliseconds watched').toBeLessThanOrEqual(playedMs + PLAYER_CLOCK_MS)
  expect(watchedMs, 'milliseconds watched').toBeGreaterThan(playedMs / 2)
}
