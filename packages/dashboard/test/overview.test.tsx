import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formats } from '../src/format'
import {
  createFakeCollector,
  noTotals,
  openDashboard,
  settle,
  siteSeries,
  siteStats,
  someTotals,
  topContent,
} from './support/fake-collector'

const drawn = vi.hoisted(() => ({ data: [] as unknown[][] }))

// happy-dom has no canvas; what would be drawn is kept instead.
vi.mock('uplot', () => ({
  default: class {
    width = 0
    constructor(_options: unknown, data: unknown[]) {
      drawn.data.push(data)
    }
    destroy() {}
  },
}))

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
  drawn.data = []
})
afterEach(() => dashboard.close())

test("shows the API's totals, none rounded", async () => {
  dashboard = await openDashboard(collector)
  expect(dashboard.card('Impressions')).toBe(formats.count(12_345))
  expect(dashboard.card('Views')).toBe(formats.count(9_876))
  expect(dashboard.card('Clicks')).toBe(formats.count(543))
  expect(dashboard.card('Likes')).toBe(formats.count(210))
  expect(dashboard.card('Shares')).toBe(formats.count(87))
  expect(dashboard.card('Page views')).toBe(formats.count(4_321))
  expect(dashboard.card('Average view')).toBe(formats.duration(12_430))
  expect(dashboard.card('Click-through')).toBe(formats.share(543 / 12_345))
})

test("draws the API's days", async () => {
  dashboard = await openDashboard(collector)
  expect(drawn.data.at(-1)).toEqual([
    [0, 1, 2, 3, 4, 5, 6],
    [3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000],
    [300, 400, 500, 600, 700, 800, 900],
    [3, 4, 5, 6, 7, 8, 9],
  ])
})

test('has every number of the chart in a table as well', async () => {
  dashboard = await openDashboard(collector)
  const rows = [...dashboard.page.querySelectorAll('details tbody tr')].map((row) => row.textContent)
  expect(rows).toHaveLength(7)
  expect(rows[6]).toBe(`${formats.longDay('2025-03-09')}${formats.count(9_000)}${formats.count(900)}9`)
})

test('lists the top content with its title, its numbers and a bar in proportion to the first', async () => {
  collector.answers.top = {
    body: topContent([
      { content: { type: 'post', id: '42' }, title: 'A walk by the sea', totals: { ...someTotals, impressions: 400 } },
      { content: { type: 'reel', id: '7' }, title: null, totals: { ...noTotals, impressions: 100 } },
    ]),
  }
  dashboard = await openDashboard(collector)
  const rows = [...dashboard.page.querySelectorAll('.top-content tbody tr')]
  expect(rows[0]?.textContent).toContain('A walk by the sea')
  expect(rows[0]?.textContent).toContain('400')
  expect(rows[1]?.textContent).toContain('7')
  expect(rows.map((row) => row.querySelector<HTMLElement>('.bar')?.style.width)).toEqual(['100%', '25%'])
})

test('shows markup in a title as text', async () => {
  const title = '<img src=x onerror=alert(1)>'
  collector.answers.top = { body: topContent([{ content: { type: 'post', id: '1' }, title, totals: someTotals }]) }
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('.top-content img')).toBeNull()
  expect(dashboard.text()).toContain(title)
})

test('asks for what the URL says', async () => {
  dashboard = await openDashboard(collector, '?days=30&audience=anonymous&by=clicks')
  expect(collector.asked.map(({ path, query }) => [path, query])).toEqual([
    ['/v1/stats/site', { days: '30', audience: 'anonymous' }],
    ['/v1/stats/series', { days: '30', audience: 'anonymous' }],
    ['/v1/stats/top', { days: '30', audience: 'anonymous', by: 'clicks', limit: '10' }],
  ])
})

test('shows the week around today, and says so, when only today is asked for', async () => {
  collector.answers.site = { body: { ...siteStats(someTotals), from: '2025-03-09' } }
  dashboard = await openDashboard(collector, '?days=1')
  expect(collector.asked[0]?.query.days).toBe('1')
  expect(collector.asked[1]?.query.days).toBe('7')
  expect(dashboard.text()).toContain('for comparison')
})

test('writes a change of the period into the URL and asks again', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('.choices label', '30 days')
  expect(window.location.search).toBe('?days=30')
  expect(collector.asked.at(-1)?.query.days).toBe('30')
})

test('follows the back button', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('.choices label', 'Signed in')
  window.history.replaceState(null, '', '/')
  window.dispatchEvent(new PopStateEvent('popstate'))
  await vi.waitFor(() => expect(collector.asked.at(-1)?.query.audience).toBe('all'))
  await settle(dashboard.page)
  expect(dashboard.page.querySelector<HTMLInputElement>('input[value=all]')?.checked).toBe(true)
})

test('says what to do when nothing was recorded', async () => {
  collector.answers.site = { body: siteStats(noTotals) }
  collector.answers.top = { body: topContent([]) }
  dashboard = await openDashboard(collector)
  expect(dashboard.text()).toContain('Nothing was recorded in this period')
  expect(dashboard.text()).toContain('/sightline.js')
  expect(dashboard.card('Click-through')).toBe('–')
})

test('does not call a period empty that has custom events', async () => {
  collector.answers.site = { body: siteStats({ ...noTotals, custom: { signup: 1 } }) }
  dashboard = await openDashboard(collector)
  expect(dashboard.text()).not.toContain('Nothing was recorded')
})

test('says that the collector cannot be reached, and tries again on request', async () => {
  const healthy = collector.answers.site!
  collector.answers.site = 'unreachable'
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('cannot be reached')
  collector.answers.site = healthy
  await dashboard.click('button', 'Try again')
  expect(dashboard.page.querySelector('[role=alert]')).toBeNull()
  expect(dashboard.card('Clicks')).toBe('543')
})

test('repeats the sentence with which the collector refuses', async () => {
  const message = 'The database did not confirm in time.'
  collector.answers.series = { status: 503, body: { error: { code: 'unavailable', message } } }
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain(message)
})

test('keeps the last numbers on screen when a refresh fails', async () => {
  dashboard = await openDashboard(collector)
  collector.answers.top = 'unreachable'
  await dashboard.click('button', 'Refresh')
  expect(dashboard.page.querySelector('[role=alert]')).not.toBeNull()
  expect(dashboard.card('Clicks')).toBe('543')
})

test('hides a line when its legend entry is pressed', async () => {
  dashboard = await openDashboard(collector)
  await dashboard.click('.legend-entry', 'Views')
  const pressed = [...dashboard.page.querySelectorAll('.legend-entry')].map((entry) =>
    entry.getAttribute('aria-pressed'),
  )
  expect(pressed).toEqual(['true', 'false', 'true'])
  expect(dashboard.page.querySelector('.chart')?.getAttribute('aria-label')).toContain(
    'impressions, clicks over 7 days',
  )
})

test('names the zone whose days are counted', async () => {
  collector.answers.series = { body: { ...siteSeries(), timezone: 'Asia/Kathmandu' } }
  dashboard = await openDashboard(collector)
  expect(dashboard.page.querySelector('#series-title')?.parentElement?.textContent).toContain('Asia/Kathmandu')
})
