import { act } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { formats } from '../src/format'
import {
  contentDistributions,
  contentPositions,
  contentStats,
  createFakeCollector,
  openDashboard,
  someTotals,
} from './support/fake-collector'

vi.mock('uplot', () => ({
  default: class {
    destroy() {}
  },
}))

let collector: ReturnType<typeof createFakeCollector>
let dashboard: Awaited<ReturnType<typeof openDashboard>>

beforeEach(() => {
  collector = createFakeCollector()
})
afterEach(() => dashboard.close())

test('tells of one content how many of those who saw it viewed, clicked, liked and shared it', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  const steps = [...dashboard.page.querySelectorAll('#funnel li')].map((step) => step.textContent)
  expect(steps).toEqual([
    `Seen${formats.count(12_345)}${formats.share(1)}`,
    `Viewed${formats.count(9_876)}${formats.share(9_876 / 12_345)}`,
    `Clicked543${formats.share(543 / 12_345)}`,
    `Liked210${formats.share(210 / 12_345)}`,
    `Shared87${formats.share(87 / 12_345)}`,
  ])
})

test('says how viewers were counted', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(dashboard.text()).toContain(`Estimated, 95 of 100 times within ${formats.part(0.02)}`)
  expect(dashboard.card('Viewers')).toBe('≈ 55')
})

test('says of watches how many were skipped and completed', async () => {
  const watches = { skipped: 10, partial: 20, completed: 70, completionRate: 0.7, interval: { low: 0.6, high: 0.78 } }
  collector.answers.stats = { body: { ...contentStats(someTotals), watches } }
  dashboard = await openDashboard(collector, '?page=content&type=reel&id=9')
  const classes = [...dashboard.page.querySelectorAll('#watches li')].map((each) => each.textContent)
  expect(classes).toEqual([
    `Skipped10${formats.share(0.1)}`,
    `Partly20${formats.share(0.2)}`,
    `Completed70${formats.share(0.7)}`,
  ])
})

const rowsOf = (list: string) => [...dashboard.page.querySelectorAll(`${list} tbody tr`)].map((row) => row.textContent)

test('tells how many views were how long, each with a bar in proportion to the most', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42&days=7')
  expect(collector.about('42/distributions')).toEqual([{ days: '7', audience: 'all' }])
  expect(rowsOf('#view-times')).toEqual([
    `under 1 s5${formats.part(0.125)}`,
    `1–3 s5${formats.part(0.125)}`,
    `3–10 s0${formats.part(0)}`,
    `10–30 s30${formats.part(0.75)}`,
    `30–60 s0${formats.part(0)}`,
    `1–3 min0${formats.part(0)}`,
    `3 min and more0${formats.part(0)}`,
  ])
  const bars = [...dashboard.page.querySelectorAll<HTMLElement>('#view-times .bar')].map((bar) => bar.style.width)
  expect(bars.slice(2, 4)).toEqual(['0.00%', '100.00%'])
})

test('tells what share of the views scrolled how far', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(rowsOf('#scroll-depth')[4]).toBe(`${formats.percent(50)}8${formats.part(1)}`)
  expect(rowsOf('#scroll-depth')[9]).toBe(`${formats.percent(100)}2${formats.part(0.25)}`)
})

test('says of which days the single views are kept, and where no view told anything', async () => {
  const { scrollDepth } = contentDistributions()
  const untold = { count: 0, reached: scrollDepth.reached.map(({ percent }) => ({ percent, count: 0, share: null })) }
  collector.answers.distributions = { body: contentDistributions({ eventsFrom: '2025-03-06', scrollDepth: untold }) }
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  const note = dashboard.page.querySelector('#view-times .panel-head p')?.textContent
  expect(note).toContain(`from ${formats.shortDay('2025-03-06')} on`)
  expect(dashboard.page.querySelector('#scroll-depth')?.textContent).toContain('told how far it was scrolled')
})

test('tells of each place where a content stood how often it was seen and clicked there, with intervals', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42&days=7')
  expect(collector.about('42/positions')).toEqual([{ days: '7', audience: 'all', limit: '1000' }])
  expect(rowsOf('#positions')).toEqual([
    `040040${formats.share(0.1)}${formats.part(0.07)} – ${formats.part(0.13)}`,
    `3904––`,
  ])
  expect(dashboard.page.querySelectorAll('#positions .whisker')).toHaveLength(1)
  expect(dashboard.page.querySelector('#positions .panel-head p')?.textContent).toBe('Single events')
})

test('shows the places of another list of the content on request, as a part of the address', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  const lists = dashboard.page.querySelector<HTMLSelectElement>('#positions select')!
  expect([...lists.options].map(({ value }) => value)).toEqual(['feed', 'search'])
  await act(() => {
    lists.value = 'search'
    lists.dispatchEvent(new Event('change', { bubbles: true }))
  })
  expect(rowsOf('#positions')).toEqual([`1306––`])
  expect(dashboard.page.querySelector('#positions')?.textContent).toContain('No place was seen 100 times')
  expect(dashboard.page.querySelector('#positions details')?.hasAttribute('open')).toBe(true)
  expect(window.location.search).toBe('?page=content&type=post&id=42&source=search')
  expect(collector.about('42/positions')).toHaveLength(1)
})

test('says from which day on places are complete, why there are none, and what to do', async () => {
  collector.answers.positions = { body: contentPositions({ eventsFrom: '2025-03-06', items: [] }) }
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  const panel = dashboard.page.querySelector('#positions')
  expect(panel?.textContent).toContain(`kept from ${formats.shortDay('2025-03-06')} on`)
  expect(panel?.textContent).toContain('Pass position to observe()')
  await dashboard.close()
  const message = 'to must be 2025-03-12 or later, got 2025-03-09: only single events can answer this.'
  collector.answers.positions = { status: 400, body: { error: { code: 'invalid_query', message } } }
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(dashboard.page.querySelector('#positions')?.textContent).toContain(message)
})

test('asks for no places of a page, which stands in no list', async () => {
  dashboard = await openDashboard(collector, '?page=content&type=page&id=about')
  expect(collector.about('about/stats').length).toBeGreaterThan(0)
  expect([collector.about('about/positions'), dashboard.page.querySelector('#positions')]).toEqual([[], null])
})

test('shows everything else of a content whose single views are gone, with the reason', async () => {
  const message = 'to must be 2025-03-12 or later, got 2025-03-09: only single events can answer this.'
  collector.answers.distributions = { status: 400, body: { error: { code: 'invalid_query', message } } }
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(dashboard.page.querySelector('#view-times')?.textContent).toContain(message)
  expect(dashboard.card('Clicks')).toBe('543')
})

test('asks for content whose name would be an address', async () => {
  dashboard = await openDashboard(collector, `?page=content&type=page&id=${encodeURIComponent('/a?b#c')}`)
  expect(collector.asked.map(({ path }) => path)).toContain('content/page/%2Fa%3Fb%23c/stats')
})

test('shows an author nothing but own content, opened by name', async () => {
  collector.answers.session = { body: { role: 'user', userId: 'ada', isKept: false } }
  dashboard = await openDashboard(collector, '?days=30', 'a.users.token')
  expect([...dashboard.page.querySelectorAll('nav a')].map((link) => link.textContent)).toEqual(['Content'])
  expect(collector.asked.map(({ path }) => path)).toEqual(['session'])
  const field = dashboard.page.querySelector<HTMLInputElement>('.open-form input')!
  await act(() => {
    field.value = 'post:42'
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
  await act(() => {
    dashboard.page.querySelector('.open-form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  })
  await vi.waitFor(() => expect(collector.asked.map(({ path }) => path)).toContain('content/post/42/stats'))
  expect(collector.about('42/stats')[0]?.days).toBe('30')
})

test('says what an author may see when the content is somebody else’s', async () => {
  collector.answers.session = { body: { role: 'user', userId: 'ada', isKept: false } }
  collector.answers.stats = { status: 403, body: { error: { code: 'not_allowed', message: 'no' } } }
  dashboard = await openDashboard(collector, '?page=content&type=post&id=42')
  expect(dashboard.page.querySelector('[role=alert]')?.textContent).toContain('authors see their own content')
})

test('finds a content in the list by any part of its name', async () => {
  dashboard = await openDashboard(collector, '?page=content')
  const search = dashboard.page.querySelector<HTMLInputElement>('input[type=search]')!
  const rows = () => dashboard.page.querySelectorAll('#contents tbody tr').length
  expect(rows()).toBe(1)
  await act(() => {
    search.value = 'BY THE SEA'
    search.dispatchEvent(new Event('input', { bubbles: true }))
  })
  expect(rows()).toBe(1)
  await act(() => {
    search.value = 'mountain'
    search.dispatchEvent(new Event('input', { bubbles: true }))
  })
  expect(rows()).toBe(0)
  expect(dashboard.text()).toContain('None of the first 100 has "mountain"')
})
