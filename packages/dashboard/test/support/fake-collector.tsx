// A collector that answers stats questions from a script, and a reader who looks at the page it fills.
import type { DayCounts, SiteSeries, SiteStats, TopContent, Totals } from '@sightline/collector/stats'
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { vi } from 'vitest'
import { App } from '../../src/app'
import { createLoadOverview } from '../../src/stats-client'

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

const provenance = {
  from: '2025-03-03',
  to: '2025-03-09',
  timezone: 'Europe/Berlin',
  audience: 'all',
  freshAsOf: '2025-03-09T13:03:00.000Z',
} as const

export function siteStats(totals: Totals): SiteStats {
  return { ...provenance, totals }
}

const daysOfMarch = [3, 4, 5, 6, 7, 8, 9]

export function siteSeries(): SiteSeries {
  const series: DayCounts[] = daysOfMarch.map((date) => ({
    ...noTotals,
    day: `2025-03-0${date}`,
    impressions: date * 1_000,
    views: date * 100,
    clicks: date,
  }))
  return { ...provenance, series }
}

export function topContent(items: TopContent['items'], by: TopContent['by'] = 'impressions'): TopContent {
  return { ...provenance, by, items }
}

type Answer = { status?: number; body: unknown } | 'unreachable'

/** Answers by the last part of the path: `site`, `series`, `top`. What is not set answers like a healthy collector. */
export function createFakeCollector() {
  const answers: Record<string, Answer> = {
    site: { body: siteStats(someTotals) },
    series: { body: siteSeries() },
    top: {
      body: topContent([{ content: { type: 'post', id: '42' }, title: 'A walk by the sea', totals: someTotals }]),
    },
  }
  const asked: { path: string; query: Record<string, string>; authorization: string | null }[] = []

  const request: typeof fetch = async (input, init) => {
    const url = new URL(String(input))
    const authorization = new Headers(init?.headers).get('authorization')
    asked.push({ path: url.pathname, query: Object.fromEntries(url.searchParams), authorization })
    const answer = answers[url.pathname.split('/').at(-1) ?? ''] ?? 'unreachable'
    if (answer === 'unreachable') throw new TypeError('fetch failed')
    return Response.json(answer.body, { status: answer.status ?? 200 })
  }
  return { answers, asked, request }
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
  const load = createLoadOverview(collector.request, 'http://site.test/')
  await act(() => render(<App load={load} token={token} />, page))
  // Three answers and their bodies arrive one microtask after another.
  await vi.waitFor(() => {
    if (page.querySelector('main[aria-busy=true]')) throw new Error('still loading')
  })
  return {
    page,
    text: () => page.textContent ?? '',
    /** Text of the card with this label. */
    card: (label: string) =>
      [...page.querySelectorAll('.totals > div')]
        .find((card) => card.querySelector('dt')?.textContent === label)
        ?.querySelector('dd')?.textContent,
    async click(selector: string, text: string) {
      const target = [...page.querySelectorAll<HTMLElement>(selector)].find((element) =>
        element.textContent?.includes(text),
      )
      if (!target) throw new Error(`no ${selector} says "${text}"`)
      await act(() => target.click())
      await settle(page)
    },
    async close() {
      await act(() => render(null, page))
      page.remove()
    },
  }
}

export async function settle(page: Element) {
  await vi.waitFor(() => {
    if (page.querySelector('main[aria-busy=true]')) throw new Error('still loading')
  })
}
