// A collector that answers questions from a script, and a reader who looks at the page it fills.
import type {
  BreakdownDimension,
  ContentDistributions,
  ContentPositions,
  ContentStats,
  DayWithViewers,
  Provenance,
  SiteBreakdown,
  SiteSeries,
  SiteStats,
  TopContent,
  Totals,
} from '@sightline/collector/stats'
import type { Who } from '@sightline/collector/trust'
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { vi } from 'vitest'
import { App } from '../../src/app'

export const noTotals: Totals = {
  impressions: 0,
  views: 0,
  watches: 0,
  clicks: 0,
  likes: 0,
  shares: 0,
  pageViews: 0,
  custom: {},
  averageViewDurationMs: null,
  clickThroughRate: null,
}

export const someTotals: Totals = {
  ...noTotals,
  impressions: 12_345,
  views: 9_876,
  clicks: 543,
  likes: 210,
  shares: 87,
  pageViews: 4_321,
  averageViewDurationMs: 12_430,
  clickThroughRate: 543 / 12_345,
}

export const provenance: Provenance = {
  from: '2025-03-03',
  to: '2025-03-09',
  timezone: 'Europe/Berlin',
  audience: 'all',
  freshAsOf: '2025-03-09T13:03:00.000Z',
  lateAsOf: null,
  keptFrom: '2025-01-01',
  madeFrom: ['counters'],
}

export function siteStats(totals: Totals, changes: Partial<SiteStats> = {}): SiteStats {
  return { ...provenance, totals, viewers: { value: 777, method: 'exact', error: 0 }, ...changes }
}

const daysOfMarch = [3, 4, 5, 6, 7, 8, 9]

export function siteSeries(): SiteSeries {
  const series: DayWithViewers[] = daysOfMarch.map((date) => ({
    ...noTotals,
    day: `2025-03-0${date}`,
    impressions: date * 1_000,
    views: date * 100,
    clicks: date,
    viewers: date * 10,
  }))
  return { ...provenance, series }
}

export function topContent(items: Omit<TopContent['items'][number], 'value'>[]): TopContent {
  return {
    ...provenance,
    by: 'impressions',
    items: items.map((item) => ({ ...item, value: item.totals.impressions })),
  }
}

export function breakdown(dimension: BreakdownDimension, items: SiteBreakdown['items'] = []): SiteBreakdown {
  const total = items.reduce((sum, { count }) => sum + count, 0)
  return { ...provenance, dimension, type: null, items, other: 0, none: 0, untold: 0, total }
}

export function contentStats(totals: Totals): ContentStats {
  const nothing = { items: [], other: 0, none: 0, untold: 0, total: 0 }
  return {
    ...provenance,
    content: { type: 'post', id: '42' },
    title: 'A walk by the sea',
    totals,
    viewers: { value: 55, method: 'hll', error: 0.01 },
    series: siteSeries().series,
    breakdowns: {
      country: nothing,
      device: nothing,
      source: nothing,
      viewType: nothing,
      channel: nothing,
      referrer: nothing,
    },
    watches: { skipped: 0, partial: 0, completed: 0, completionRate: null, interval: null },
  }
}

export function contentDistributions(changes: Partial<ContentDistributions> = {}): ContentDistributions {
  const starts = [0, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000]
  return {
    ...provenance,
    eventsFrom: '2025-03-02',
    madeFrom: ['events'],
    content: { type: 'post', id: '42' },
    title: 'A walk by the sea',
    viewTimes: {
      count: 40,
      buckets: starts.map((fromMs, index) => ({
        fromMs,
        toMs: starts[index + 1] ?? null,
        count: index === 3 ? 30 : index < 2 ? 5 : 0,
      })),
    },
    scrollDepth: {
      count: 8,
      reached: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((percent) => ({
        percent,
        count: percent <= 50 ? 8 : 2,
        share: percent <= 50 ? 1 : 0.25,
      })),
    },
    ...changes,
  }
}

export function contentPositions(changes: Partial<ContentPositions> = {}): ContentPositions {
  const none = { clickThroughRate: null, interval: null }
  return {
    ...provenance,
    eventsFrom: '2025-03-02',
    madeFrom: ['events'],
    content: { type: 'post', id: '42' },
    title: 'A walk by the sea',
    items: [
      {
        source: 'feed',
        position: 0,
        impressions: 400,
        clicks: 40,
        clickThroughRate: 0.1,
        interval: { low: 0.07, high: 0.13 },
      },
      { source: 'feed', position: 3, impressions: 90, clicks: 4, ...none },
      { source: 'search', position: 1, impressions: 30, clicks: 6, ...none },
    ],
    ...changes,
  }
}

export const admin: Who = { role: 'admin', userId: null, isKept: false }

type Answer = { status?: number; body: unknown } | 'unreachable'

/** Answers by the last parts of the path: `site`, `breakdown/country`. What is not set answers like a healthy collector. */
export function createFakeCollector() {
  const answers: Record<string, Answer> = {
    session: { body: admin },
    site: { body: siteStats(someTotals) },
    series: { body: siteSeries() },
    top: {
      body: topContent([{ content: { type: 'post', id: '42' }, title: 'A walk by the sea', totals: someTotals }]),
    },
    stats: { body: contentStats(someTotals) },
    distributions: { body: contentDistributions() },
    positions: { body: contentPositions() },
  }
  const asked: {
    method: string
    path: string
    query: Record<string, string>
    authorization: string | null
    isFresh: boolean
  }[] = []

  const request: typeof fetch = async (input, init) => {
    const url = new URL(String(input))
    const headers = new Headers(init?.headers)
    const authorization = headers.get('authorization')
    const isFresh = headers.get('cache-control') === 'no-cache'
    const path = url.pathname.replace('/v1/', '')
    asked.push({
      method: init?.method ?? 'GET',
      path,
      query: Object.fromEntries(url.searchParams),
      authorization,
      isFresh,
    })
    const parts = path.split('/')
    const last = parts.at(-1) ?? ''
    const scripted = answers[path] ?? answers[last]
    if (scripted === undefined && parts.at(-2) === 'breakdown')
      return Response.json(breakdown(last as BreakdownDimension, [{ value: 'one', count: 3 }]))
    if (scripted === undefined || scripted === 'unreachable') throw new TypeError('fetch failed')
    return Response.json(scripted.body, { status: scripted.status ?? 200 })
  }
  return {
    answers,
    asked,
    request,
    /** Questions about numbers, with a path that ends like this. */
    about: (end: string) => asked.filter(({ path }) => path.endsWith(end)).map(({ query }) => query),
  }
}

export async function settle(page: Element) {
  await vi.waitFor(() => {
    if (page.querySelector('[aria-busy=true]')) throw new Error('still loading')
  })
}

/** Opens the dashboard at a query. `page` is what the reader sees. */
export async function openDashboard(
  collector: ReturnType<typeof createFakeCollector>,
  query = '',
  token: string | null = 'good',
) {
  window.history.replaceState(null, '', `/${query}`)
  const page = document.createElement('div')
  document.body.append(page)
  await act(() => render(<App request={collector.request} base="http://site.test/" token={token} />, page))
  await settle(page)
  return {
    page,
    text: () => page.textContent ?? '',
    /** Number of the card with this label. */
    card: (label: string) =>
      [...page.querySelectorAll('.card')]
        .find((card) => card.querySelector('.card-label')?.textContent === label)
        ?.querySelector('b')?.textContent,
    async click(selector: string, text: string) {
      const target = [...page.querySelectorAll<HTMLElement>(selector)].find((element) =>
        element.textContent?.includes(text),
      )
      if (!target) throw new Error(`no ${selector} says "${text}"`)
      await act(() => target.click())
      await settle(page)
    },
    async press(key: string) {
      await act(() => void document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))
      await settle(page)
    },
    async close() {
      await act(() => render(null, page))
      page.remove()
      window.localStorage.clear()
    },
  }
}
